import type { Context } from "hono";
import type { Wire } from "../../../kernel/module.ts";
import { isNull } from "../../../kernel/predicate.ts";
import { users } from "../tables.ts";
import { viewUser } from "../user.ts";
import { AUDIENCE, ISSUER_PATH } from "./authenticate.ts";
import { invalid, readQuery } from "./body.ts";
import { asUser } from "./rows.ts";
import { askerOf, type Setup } from "./setup.ts";

const PER_PAGE = 50;
const MAX_PER_PAGE = 1000;
/** The most people that a total counts. */
const MAX_COUNTED = 100_000;

/** A page of people, the newest first. */
export async function listUsers({ kernel, settings }: Setup, c: Context<Wire>): Promise<Response> {
  const page = wholeNumber(c, "page", 1);
  const perPage = Math.min(wholeNumber(c, "per_page", PER_PAGE), MAX_PER_PAGE);
  const where = isNull("deleted_at");
  const order = [
    { column: "created_at", descending: true },
    { column: "id", descending: true },
  ];
  const [rows = [], all = []] = await kernel.read(
    [
      {
        from: users,
        where,
        order,
        limit: perPage,
        offset: (page - 1) * perPage,
      },
      { from: users, where, columns: ["id"], limit: MAX_COUNTED },
    ],
    c.var.actor,
  );
  const people = rows.map((row) => asUser(row)).filter((user) => user !== undefined);
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const base = `${askerOf(c, settings).base()}${ISSUER_PATH}/admin/users`;
  // Clients read the first digits after the first "=", so the page stands first.
  const link = (to: number, rel: string) =>
    `<${base}?page=${to}&per_page=${perPage}>; rel="${rel}"`;
  const next = page < last ? [link(page + 1, "next")] : [];
  c.header("X-Total-Count", String(all.length));
  c.header("Link", [...next, link(last, "last")].join(", "));
  return c.json({ users: people.map(viewUser), aud: AUDIENCE });
}

function wholeNumber(c: Context<Wire>, name: string, fallback: number): number {
  const value = Number(readQuery(c, name) ?? fallback);
  if (!Number.isSafeInteger(value) || value < 1)
    throw invalid(`${name} must be a whole number > 0`);
  return value;
}
