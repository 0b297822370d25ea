// Pages by cursor and counts, on the wire.
import { beforeAll, expect, test } from "vitest";
import { insert } from "../../kernel/ask.ts";
import { createTables } from "../../kernel/database.ts";
import { anna, ben, kernelOf, secretKey } from "../../kernel/fixture.ts";
import { wireOf } from "./fixture-api.ts";

const kernel = kernelOf();
const { call, db } = wireOf(kernel, anna);

beforeAll(async () => {
  await createTables();
  const rows = Array.from({ length: 7 }, (_, total) => ({
    total,
    note: total < 4 ? `n${total}` : null,
  }));
  await kernel.execute(insert("orders", rows), anna);
  await kernel.execute(insert("orders", { total: 3, note: "canary-of-ben" }), ben);
});

const next = (response: Response) =>
  /^<\/rest\/v1(\/.+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];

async function follow(path: string, headers: Record<string, string> = {}) {
  const pages: { total: number }[][] = [];
  const ranges: (string | null)[] = [];
  for (let at: string | undefined = path; at !== undefined && pages.length < 20; ) {
    const response = await call(at, { headers });
    expect(response.status).toBeLessThan(300);
    pages.push(await response.json());
    ranges.push(response.headers.get("content-range"));
    at = next(response);
  }
  return { pages: pages.map((page) => page.map((row) => row.total)), ranges };
}

test("the links lead from page to page, and end", async () => {
  const query = "/orders?select=total&order=note.desc,total.desc&limit=3&cursor=";
  expect(await follow(query)).toEqual({
    pages: [[6, 5, 4], [3, 2, 1], [0]],
    ranges: ["*/*", "*/*", "*/*"],
  });
  const counted = await follow(query, { prefer: "count=exact" });
  expect(counted.ranges).toEqual(["*/7", "*/7", "*/7"]);
});

test("what the query says survives the link", async () => {
  const filter = encodeURIComponent('(note.in.("n1","n2","a,b+c"),and(total.gt.4,note.is.null))');
  const select = "total,%22a%20%26%20b%22:note";
  const path = `/orders?select=${select}&or=${filter}&order=total.desc&limit=1&cursor=`;
  expect((await follow(path)).pages).toEqual([[6], [5], [2], [1]]);
});

test.each([
  "/orders?cursor=&select=total&order=total&limit=3",
  "/orders?select=total&cursor=&order=total&limit=3",
  "/orders?select=total&order=total&limit=3&%63ursor=",
])("wherever and however it is written: %s", async (path) => {
  expect((await follow(path)).pages).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
});

test.each(["\n", '>; rel="next", <https://evil.example', "&total=gt.3"])(
  "what is added to a cursor is sent back to nobody: %j",
  async (more) => {
    const query = "/orders?select=total&order=total&limit=3&cursor=";
    const clean = next(await call(query));
    const odd = await call(`${clean}.${encodeURIComponent(more)}`);
    expect([odd.status, (await odd.json<{ code: string }>()).code]).toEqual([
      400,
      "cursor_invalid",
    ]);
    expect(next(await call(query))).toBe(clean);
  },
);

test("a function's pages may be of other sizes, or of all that is left", async () => {
  const shops = ["a", "b", "c", "d"].map((name, stock) => ({ name, stock: stock + 1 }));
  await kernel.execute(insert("shops", shops), secretKey);
  const second = next(await call("/rpc/stocked?least=1&select=name&order=stock&limit=1&cursor="));
  const names = async (path = "") => {
    const rows = await (await call(path)).json<{ name: string }[]>();
    return rows.map(({ name }) => name).join("");
  };
  expect(await names(second)).toBe("b");
  expect(await names(second?.replace("limit=1", "limit=2"))).toBe("bc");
  expect(await names(second?.replace("&limit=1", ""))).toBe("bcd");
});

test("without cursor there is no link; with one and no more rows neither", async () => {
  expect((await call("/orders?limit=1")).headers.has("link")).toBe(false);
  expect((await call("/orders?cursor=")).headers.has("link")).toBe(false);
  expect((await call("/orders?limit=0&cursor=")).headers.has("link")).toBe(false);
  expect((await call("/orders?limit=7&cursor=")).headers.has("link")).toBe(false);
  const head = await call("/orders?limit=6&cursor=", { method: "HEAD" });
  expect([await head.text(), next(head)]).toEqual(["", expect.stringContaining("cursor=")]);
});

test("the client follows it by the query it is", async () => {
  const first = await call("/orders?select=total&order=total&limit=2&cursor=");
  const cursor = new URLSearchParams(next(first)?.split("?")[1]).get("cursor") ?? "";
  const query = db.from("orders").select("total").order("total").limit(3);
  const { data, error } = await query.filter("total", "gte", 0);
  expect([data?.length, error]).toEqual([3, null]);
  // The builder has no word for it; its URL does.
  const url = new URL("http://x/orders");
  url.searchParams.set("select", "total");
  url.searchParams.set("order", "total.asc");
  url.searchParams.set("limit", "3");
  url.searchParams.set("cursor", cursor);
  const answer = await call(`/orders${url.search}`);
  expect(await answer.json()).toEqual([{ total: 2 }, { total: 3 }, { total: 4 }]);
});

test("one object, one page", async () => {
  const accept = "application/vnd.pgrst.object+json";
  const one = await call("/orders?select=total&order=total&limit=1&cursor=", {
    headers: { accept },
  });
  expect(await one.json()).toEqual({ total: 0 });
  const two = await call(next(one) ?? "", { headers: { accept } });
  expect(await two.json()).toEqual({ total: 1 });
});

test.each<[string, RequestInit & { headers?: Record<string, string> }, string]>([
  ["/orders?cursor=&offset=0", {}, "PGRST100"],
  ["/orders?cursor=", { headers: { range: "0-9" } }, "PGRST100"],
  ["/orders?cursor=&cursor=", {}, "PGRST100"],
  ["/orders?cursor=x", {}, "cursor_invalid"],
  ["/orders?cursor=WzFd.AAAA&limit=1", {}, "cursor_invalid"],
  [`/orders?cursor=${"é".repeat(5_000)}`, {}, "cursor_invalid"],
  ["/orders?cursor=&select=count()", {}, "PGRST127"],
  ["/orders?total=eq.1&cursor=", { method: "PATCH", body: '{"note":"x"}' }, "PGRST100"],
  ["/orders?total=eq.1&cursor=", { method: "DELETE" }, "PGRST100"],
  ["/orders?cursor=", { method: "POST", body: "{}" }, "PGRST100"],
])("%s is refused", async (path, init, code) => {
  const response = await call(path, init);
  expect([response.status, await response.json()]).toMatchObject([400, { code }]);
});

test("a cursor of one person is none for another", async () => {
  const link = next(await call("/orders?order=total&limit=2&cursor="));
  const response = await wireOf(kernel, ben).call(link ?? "");
  const text = await response.text();
  expect([response.status, JSON.parse(text).code]).toEqual([400, "cursor_invalid"]);
  expect(text).not.toContain("n1");
});

test("counts, in every manner", async () => {
  const ask = async (path: string, count: string) => {
    const response = await call(path, { headers: { prefer: `count=${count}` } });
    await response.text();
    return [response.status, response.headers.get("content-range")];
  };
  for (const count of ["exact", "planned", "estimated"] as const) {
    expect(await ask("/orders?limit=2", count)).toEqual([206, "0-1/7"]);
    expect(await ask("/orders", count)).toEqual([200, "0-6/7"]);
    expect(await ask("/orders?offset=7", count)).toEqual([206, "*/7"]);
    expect(await ask("/orders?offset=8", count)).toEqual([416, null]);
    expect(await ask("/orders?total=gt.100", count)).toEqual([200, "*/0"]);
    const { data, count: total } = await db
      .from("orders")
      .select("total", { count })
      .order("total")
      .range(2, 3);
    expect([data, total]).toEqual([[{ total: 2 }, { total: 3 }], 7]);
    const head = await db.from("orders").select("*", { count, head: true });
    expect([head.data, head.count]).toEqual([null, 7]);
  }
});
