// What this protocol alone refuses. Names and rights, which every protocol has, are the kernel's.
import type { Catalogue } from "../../kernel/errors.ts";

export const restErrors: Catalogue = {
  PGRST101: {
    status: 405,
    title: "A function is not called by this method",
    message: "Cannot use the {method} method on RPC",
    hint: "Call it by GET or POST.",
  },
  PGRST103: { status: 416, message: "Requested range not satisfiable", details: "{reason}" },
  PGRST105: {
    status: 405,
    message: "Filters must include all and only primary key columns with 'eq' operators",
    hint: "PUT writes one row whole, as in PUT /items?id=eq.1; POST and PATCH write any.",
  },
  PGRST114: {
    status: 400,
    message: "limit/offset are not allowed for PUT",
    hint: "It writes the one row that its filter names: leave them out.",
  },
  PGRST115: {
    status: 400,
    message: "Payload values do not match URL in primary key column(s)",
    details: "'{column}' differs.",
    hint: "Give '{column}' in the body the value that the filter asks for.",
  },
  PGRST117: {
    status: 405,
    title: "Unsupported HTTP method",
    message: "Unsupported HTTP method: {method}",
    hint: "The Allow header names those there are.",
  },
  PGRST122: {
    status: 400,
    message: "Invalid preferences given with handling=strict",
    details: "Invalid preferences: {names}",
    hint: "Leave them out, or handling=strict, without which they are ignored.",
  },
  PGRST125: {
    status: 404,
    message: "Invalid path specified in the request URL",
    hint: "There are /<table>, /rpc/<function> and /batch.",
  },
  "42601": {
    status: 400,
    message: "syntax error in tsquery",
    details: "{query}",
    hint: "Words have &, | or ! between them: fts.sushi & !raw; what people type is for wfts.",
  },
  // PostgREST has one code for both: what is sent, and what is asked for.
  content_type_invalid: {
    code: "PGRST107",
    status: 415,
    title: "The body's media type is not read",
    message: "The body is {type}, which is not read here",
    hint: "Send {accepted}, and say so in Content-Type.",
  },
  too_many_columns: {
    status: 400,
    title: "More columns than a table has",
    message: "A row, or the arguments of a call, have more than {max} names",
  },
  unfiltered_write: {
    status: 400,
    title: "A write needs a filter",
    message: "{verb} of '{table}' needs a filter",
    hint: "To mean every row, say so: id=not.is.null",
  },
  idempotency_key_invalid: {
    status: 400,
    message: "Idempotency-Key must be 1 to 255 visible ASCII characters",
    hint: "A UUID that is new for each write, and the same when it is repeated, is one.",
  },
};
