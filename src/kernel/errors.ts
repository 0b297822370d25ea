// Every refusal: code, status, sentence, hint. PostgreSQL's and PostgREST's codes are kept where
// they exist; our own are words. A code is never reused for another meaning. Text in braces is
// filled from the refusal's parameters, which name declared things and never hidden values.
import {
  type Catalogue,
  type CatalogueEntry,
  type Problem,
  problemFrom,
  type Refusal,
} from "./refusal.ts";

export {
  type Catalogue,
  type CatalogueEntry,
  type Problem,
  Refusal,
  type RefusalParams,
} from "./refusal.ts";

// Reading the request.
const reading: Catalogue = {
  PGRST100: {
    status: 400,
    title: "Could not parse the request",
    message: "Could not parse the request: {reason}",
    hint: "{hint}",
  },
  PGRST102: {
    status: 400,
    title: "The request body is not acceptable",
    message: "The request body is not acceptable: {reason}",
    hint: "{hint}",
  },
  PGRST107: {
    status: 406,
    title: "None of these media types are available",
    message: "None of these media types are available: {types}",
    hint: "Ask for application/json, application/vnd.pgrst.object+json or text/csv",
  },
  not_found: { status: 404, message: "Nothing is served at this path" },
  method_not_allowed: {
    status: 405,
    title: "This path does not answer this method",
    message: "This path does not answer {method}",
  },
  unsupported_media_type: {
    status: 415,
    title: "This path does not read such a body",
    message: "The body is {type}, which this path does not read",
    hint: "Send {accepted}",
  },
  body_too_large: {
    status: 413,
    title: "The body is too large",
    message: "The body is larger than {max_bytes} bytes",
  },
};

// Who is asking.
const authenticating: Catalogue = {
  PGRST301: { status: 401, message: "The token or key is not valid" },
  unsupported_scheme: { status: 401, message: "Authorization must be Bearer" },
  PGRST303: {
    status: 401,
    title: "The token is not acceptable",
    message: "The token is not acceptable: {reason}",
  },
  session_not_found: {
    status: 401,
    message: "The session this token belongs to has ended",
    hint: "Sign in again",
  },
};

// Names and types.
const planning: Catalogue = {
  PGRST106: {
    status: 406,
    title: "Invalid schema",
    message: "Invalid schema: {schema}",
    hint: "Exposed schemas: {exposed}",
  },
  PGRST108: {
    status: 400,
    title: "Not an embedded resource of this request",
    message: "'{relation}' is not an embedded resource in this request",
    hint: "Verify that '{relation}' is included in the 'select' query parameter.",
  },
  PGRST118: {
    status: 400,
    title: "A related order on this relation is not possible",
    message: "A related order on '{relation}' is not possible",
    details: "'{table}' and '{relation}' do not form a many-to-one or one-to-one relationship",
  },
  PGRST120: {
    status: 400,
    message: "Only is null or not is null filters are allowed on embedded resources",
  },
  PGRST127: { status: 400, message: "Feature not implemented", details: "{feature}" },
  PGRST200: {
    status: 400,
    title: "Could not find a relationship in the schema cache",
    message: "Could not find a relationship between '{table}' and '{relation}' in the schema cache",
    details:
      "Searched for a foreign key relationship between '{table}' and '{relation}'{using} in the " +
      "schema '{schema}', but no matches were found.",
    hint: "{near}",
  },
  PGRST201: {
    status: 300,
    title: "Could not embed because more than one relationship was found",
    message:
      "Could not embed because more than one relationship was found for '{table}' and '{relation}'",
    hint:
      "Try changing '{relation}' to one of the following: {choices}. " +
      "Find the desired relationship in the 'details' key.",
  },
  PGRST202: {
    status: 404,
    title: "Could not find the function in the schema cache",
    message: "Could not find the function {name}({args}) in the schema cache",
    hint: "{near}",
  },
  PGRST204: {
    status: 400,
    title: "Could not find the column in the schema cache",
    message: "Could not find the '{column}' column of '{table}' in the schema cache",
    hint: "{near}",
  },
  PGRST205: {
    status: 404,
    title: "Could not find the table in the schema cache",
    message: "Could not find the table '{table}' in the schema cache",
    hint: "{near}",
  },
  "42703": {
    status: 400,
    title: "column does not exist",
    message: "column {table}.{column} does not exist",
    hint: "{near}",
  },
  "42701": {
    status: 400,
    title: "column specified more than once",
    message: 'column "{name}" specified more than once',
  },
  "42712": {
    status: 400,
    title: "table name specified more than once",
    message: 'table name "{name}" specified more than once',
  },
  "42704": {
    status: 400,
    title: "type does not exist",
    message: 'type "{type}" does not exist',
    hint: "There are text, integer, numeric, boolean, json, timestamp, date and uuid.",
  },
  "42803": {
    status: 400,
    title: "column must be grouped by, or aggregated",
    message:
      'column "{column}" must appear in the GROUP BY clause or be used in an aggregate function',
    hint: "Rows that are summed up have an order by the other selected columns alone.",
  },
  "42846": {
    status: 400,
    title: "cannot cast a value of this type",
    message: "cannot cast type {from} to {to}",
  },
  "42883": {
    status: 404,
    title: "operator does not exist",
    message: "operator does not exist: {type} {operator}",
    hint: "{hint}",
  },
  "428C9": {
    status: 400,
    title: "column can not be written",
    message: "column \"{column}\" of '{table}' can not be written",
    details: "It is {rule}.",
  },
  "42P10": {
    status: 400,
    message: "there is no unique constraint matching the ON CONFLICT specification",
    hint: "Unique on '{table}': {choices}",
  },
  "22P02": {
    status: 400,
    title: "invalid input syntax",
    message: "invalid input syntax for type {type}: {value}",
    hint: "{hint}",
  },
  "22003": {
    status: 400,
    title: "value is out of range",
    message: "value {value} is out of range for type {type}",
  },
  "22007": {
    status: 400,
    title: "invalid input syntax for a date or time",
    message: "invalid input syntax for type {type}: {value}",
  },
  "22008": {
    status: 400,
    title: "date/time field value out of range",
    message: "date/time field value out of range: {value}",
  },
  "22001": {
    status: 400,
    title: "value too long",
    message: "value too long for column '{column}' ({max_bytes} bytes)",
  },
  "22021": { status: 400, message: "text must be well-formed Unicode without NUL characters" },
  "21000": {
    status: 400,
    message: "ON CONFLICT DO UPDATE command cannot affect row a second time",
    hint: "Send each key once within one upsert.",
  },
  filter_too_large: {
    status: 400,
    title: "The filter is too large",
    message: "The filter has more than {max} {what}",
  },
  not_searchable: { status: 400, message: "The column is not searchable so", hint: "{hint}" },
  regex_not_offered: { status: 400, message: "D1 has no regexes", hint: "Use like, ilike or fts." },
  range_not_offered: { status: 400, message: "No column holds a range", hint: "Use gte and lt." },
  pattern_too_long: {
    status: 400,
    title: "A pattern with wildcards in its middle is too long",
    message: "A pattern with wildcards in its middle may have {max_bytes} bytes",
    hint: "lit*, *lit and *lit* have no such limit.",
  },
  cursor_invalid: {
    status: 400,
    message: "The cursor was not given to this caller for this query",
    hint: "Begin again with cursor=, and follow Link: between pages only the limit may change.",
  },
  statement_too_large: { status: 400, message: "The request needs a statement that is too large" },
  embed_too_large: {
    status: 400,
    message: "The embeds of this request would repeat their rows too often",
    details: "{reason}",
    hint: "Ask for the inner rows in a request of their own.",
  },
  not_in_batch: {
    status: 400,
    title: "Rows of this table are not made in a batch",
    message: "Rows of '{table}' are made by a decision of their own, which no batch holds",
    hint: "Insert them by a request of their own.",
  },
  view_not_written: {
    status: 405,
    title: "A view is only read",
    message: "'{table}' is a view, which is only read",
    hint: "Write the tables that it stands on.",
  },
  too_many_rows: {
    status: 400,
    title: "Too many rows at once",
    message: "At most {max} rows of '{table}' are made at once",
    hint: "Send the others in requests of their own.",
  },
  operation_only: {
    status: 405,
    title: "Rows of this table are made by a plain insert only",
    message: "Rows of '{table}' are made one way only: by a plain insert",
    hint: "Upsert and PUT are not offered here.",
  },
  dry_run_not_offered: {
    status: 400,
    message: "These rows act outside the database, and Prefer: tx=rollback cannot undo that",
  },
};

// Looking at rows, inside the transaction.
const deciding: Catalogue = {
  "42501": {
    status: 403,
    title: "The row-level security policy does not allow this",
    message: 'new row violates row-level security policy for table "{table}"',
    details: "{reason}",
    hint: "{hint}",
  },
  "23502": {
    status: 400,
    title: "null value violates not-null constraint",
    message: 'null value in column "{column}" of relation "{table}" violates not-null constraint',
  },
  "23503": {
    status: 409,
    message: "the write violates a foreign key constraint",
    details: "{reason}",
    hint: "A row it points at does not exist, or rows still point at the one to be deleted.",
  },
  "23505": {
    status: 409,
    title: "duplicate key value violates a unique constraint",
    message: 'duplicate key value violates a unique constraint of "{table}"',
    details: "A row with the same ({columns}) exists.",
  },
  "23514": {
    status: 400,
    title: "new row violates a check constraint",
    message: 'new row for relation "{table}" violates check constraint "{constraint}"',
    details: "The row must satisfy: {condition}",
  },
  PGRST116: {
    status: 406,
    message: "Cannot coerce the result to a single JSON object",
    details: "The result contains {count} rows",
  },
  PGRST124: {
    status: 400,
    message: "Query result exceeds max-affected preference constraint",
    details: "The query affects more than {max} rows",
  },
  PGRST128: { status: 400, message: "max-affected counts rows, and this function has none" },
  precondition_failed: {
    status: 412,
    message: "The row has changed since the version given in If-Match",
    hint: "Read it again and repeat the change on what you find.",
  },
  unexpected_rows: {
    status: 412,
    title: "Another number of rows match",
    message: "The write is for {expected} rows, and {found} match",
  },
  idempotency_key_reused: {
    status: 422,
    message: "This Idempotency-Key was used for a different request",
    hint: "Use a new key for a new request.",
  },
  answer_too_large: {
    status: 413,
    title: "The answer is too large to be kept",
    message: "The answer is larger than the {max_bytes} bytes kept for an Idempotency-Key",
    hint: "Ask for return=minimal, or send fewer rows.",
  },
  row_too_large: {
    status: 400,
    message: "A row of the answer is larger than the database can build",
    hint: "Ask for fewer columns, or put a smaller limit on its embeds.",
  },
  page_too_large: {
    status: 400,
    title: "The rows of the answer are too large together",
    message: "The rows of the answer are larger than {max_bytes} bytes together",
    hint: "Ask for fewer of them with limit, for fewer columns, or for less in its embeds.",
  },
  settled: { status: 409, message: "Another has settled this row already" },
  in_flight: { status: 409, message: "The same request is still being worked on" },
};

// The world outside.
const failing: Catalogue = {
  rate_limited: { status: 429, message: "Too many requests", hint: "Wait {seconds} seconds." },
  unavailable: { status: 503, message: "The database does not answer right now" },
  not_migrated: {
    status: 503,
    message: "The database does not have what this version declares",
    hint: "npm run migrate",
  },
  answer_lost: {
    status: 500,
    message: "The write was made, but its answer was lost on the way",
    hint: "Read the rows before repeating it; an Idempotency-Key makes repeating safe.",
  },
  internal: { status: 500, message: "Something went wrong on our side" },
};

export const kernelCatalogue: Catalogue = {
  ...reading,
  ...authenticating,
  ...planning,
  ...deciding,
  ...failing,
};

/** Renders a refusal with the catalogue's sentence for its code. */
export function problemOf(refusal: Refusal, catalogue: Catalogue = kernelCatalogue): Problem {
  const known = catalogue[refusal.code] ?? kernelCatalogue[refusal.code];
  return problemFrom(refusal, known, failing.internal as CatalogueEntry); // it stands above
}
