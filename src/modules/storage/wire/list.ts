import { Hono } from "hono";
import type { Kernel, Wire } from "../../../kernel/module.ts";
import { findPlace } from "../find-object.ts";
import { type Entry, page, sorted, walk } from "../list-objects.ts";
import { fileName } from "../name.ts";
import { folder, listed } from "./file.ts";
import { type Body, countOf, readBody, textOf, wrong } from "./request.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
const MAX_OFFSET = 100_000;
/** Among so many entries of a folder a beginning is searched for; no index folds case. */
const MAX_SEARCHED = 20_000;

export function listRoutes(kernel: Kernel): Hono<Wire> {
  const app = new Hono<Wire>();
  app.post("/object/list/:bucket", async (c) => {
    const { actor } = c.var;
    const body = await readBody(c);
    const [column, descending] = sortOf(body);
    const place = await findPlace(kernel, c.req.param("bucket"), actor);
    const path = textOf(body, "prefix", "").replace(/^\/+|\/+$/g, "");
    const prefix = path === "" ? "" : `${path}/`;
    const search = textOf(body, "search", "").toLowerCase();
    const listing = { prefix, folders: true, descending: descending && column === "name" };
    const found = matching(walk(kernel, place, listing, actor), search);
    const entries = column === "name" ? found : await sorted(found, column, descending);
    const limit = countOf(body, "limit", DEFAULT_LIMIT, MAX_LIMIT);
    const some = await page(entries, countOf(body, "offset", 0, MAX_OFFSET), limit);
    return c.json(
      some.map(({ path, object }) => (object ? listed(object) : folder(fileName(path)))),
    );
  });
  app.post("/object/list-v2/:bucket", async (c) => {
    const { actor } = c.var;
    const body = await readBody(c);
    const [column, descending] = sortOf(body);
    if (column !== "name") throw wrong("this list is sorted by name");
    const place = await findPlace(kernel, c.req.param("bucket"), actor);
    const prefix = textOf(body, "prefix", "");
    const folders = body.with_delimiter === true;
    const after = afterOf(body);
    const entries = walk(kernel, place, { prefix, folders, descending, after }, actor);
    const limit = countOf(body, "limit", DEFAULT_LIMIT, MAX_LIMIT);
    const some = await page(entries, 0, limit + 1);
    const hasNext = limit > 0 && some.length > limit;
    const shown = some.slice(0, limit);
    return c.json({
      hasNext,
      folders: shown.flatMap(({ path, object }) =>
        object ? [] : [{ name: `${path}/`, key: `${path}/` }],
      ),
      objects: shown.flatMap(({ object }) =>
        object ? [{ ...listed(object, object.name), key: object.name }] : [],
      ),
      ...(hasNext && { nextCursor: cursorOf(shown.at(-1)) }),
    });
  });
  return app;
}

async function* matching(entries: AsyncGenerator<Entry>, search: string) {
  let looked = 0;
  for await (const entry of entries) {
    if (fileName(entry.path).toLowerCase().startsWith(search)) yield entry;
    if (search !== "" && ++looked === MAX_SEARCHED) return;
  }
}

const COLUMNS = ["name", "created_at", "updated_at", "last_accessed_at"] as const;

function sortOf(body: Body): [column: (typeof COLUMNS)[number], descending: boolean] {
  const sort = Object.fromEntries(Object.entries(body.sortBy ?? {}));
  const column = COLUMNS.find((name) => name === (sort.column ?? "name"));
  if (!column) throw wrong(`sortBy.column is one of ${COLUMNS.join(", ")}`);
  return [column, String(sort.order ?? "asc").toLowerCase() === "desc"];
}

/** Where a page ended; a folder's with its slash, so that the next begins after all in it. */
function cursorOf(last: Entry | undefined): string {
  const path = last?.object ? last.path : `${last?.path}/`;
  return btoa(encodeURIComponent(path));
}

function afterOf(body: Body): string | undefined {
  if (body.cursor === undefined || body.cursor === null) return undefined;
  try {
    return decodeURIComponent(atob(textOf(body, "cursor")));
  } catch {
    throw wrong("this cursor was not given by this server");
  }
}
