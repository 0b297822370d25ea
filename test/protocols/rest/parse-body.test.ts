import { expect, test } from "vitest";
import {
  parseCall,
  parseInsert,
  parsePut,
  parseUpdate,
} from "../../../src/protocols/rest/parse.ts";
import { refusalOf } from "./refusal.ts";
import { request, shapeOf } from "./request.ts";

const form = { "content-type": "application/x-www-form-urlencoded" };
const csv = { "content-type": "text/csv; header=present" };
const minimal = { table: "t", answer: "minimal", returning: [{ star: true }] };

test("forms and CSV are rows of texts", async () => {
  const insert = parseInsert(request("POST", "", form, "a=x+y&b=%C3%A9&c="), "t");
  expect(await shapeOf(insert)).toEqual([
    {
      verb: "insert",
      ...minimal,
      columns: ["a", "b", "c"],
      rows: 0,
      asText: true,
      missing: "null",
    },
    [[{ a: "x y", b: "é", c: "" }]],
  ]);
  const many = parseInsert(request("POST", "?columns=a", csv, "a,b\n1,x\nNULL,y\n"), "t");
  expect(await shapeOf(many)).toMatchObject([
    { columns: ["a"], asText: true },
    [
      [
        { a: "1", b: "x" },
        { a: null, b: "y" },
      ],
    ],
  ]);
  const patch = parseUpdate(request("PATCH", "?a=eq.1", csv, "b\n2"), "t");
  expect(await shapeOf(patch)).toMatchObject([{ asText: true }, ["1", { b: "2" }]]);
  const put = parsePut(request("PUT", "?a=eq.1", form, "a=1&b=2"), "t");
  expect(await shapeOf(put)).toMatchObject([{ asText: true }, ["1", [{ a: "1", b: "2" }]]]);
  const call = parseCall(request("POST", "", form, "lat=1.5"), "near", ["lat"]);
  expect(await shapeOf(call)).toMatchObject([{ asText: true, readOnly: false }, [{ lat: "1.5" }]]);
});

test("amounts to add are told from new values", async () => {
  const patch = request(
    "PATCH",
    "?a=eq.1",
    {},
    { n: { increment: 2 }, m: 3, o: { increments: 1 } },
  );
  expect((await shapeOf(parseUpdate(patch, "t")))[0]).toMatchObject({ increments: ["n"] });
  const rows = [{ n: 1 }, { n: { increment: 2 } }];
  const merge = { prefer: "resolution=merge-duplicates" };
  const upsert = parseInsert(request("POST", "", merge, rows), "t");
  expect((await shapeOf(upsert))[0]).toMatchObject({ increments: ["n"] });
  for (const headers of [{}, { prefer: "resolution=ignore-duplicates" }]) {
    const [insert] = await shapeOf(parseInsert(request("POST", "", headers, rows), "t"));
    expect(insert).not.toHaveProperty("increments");
  }
  const put = parsePut(request("PUT", "?a=eq.1", {}, { a: 1, n: { increment: 2 } }), "t");
  expect((await shapeOf(put))[0]).not.toHaveProperty("increments");
});

const names = (n: number) => Array.from({ length: n }, (_, i) => `c${i}`);
const row = (n: number) => Object.fromEntries(names(n).map((name) => [name, 1]));

test("a row has as many columns as a table, and the rest is refused at once", async () => {
  const pairs = names(60_000).join("=&");
  const header = names(60_000).join();
  const many = [
    () => parseInsert(request("POST", "", csv, `${header}\n${header}`), "t"),
    () => parseInsert(request("POST", "", form, pairs), "t"),
    () => parseInsert(request("POST", "", {}, [row(101)]), "t"),
    () => parseInsert(request("POST", `?columns=${names(101)}`, {}, [{ c1: 1 }]), "t"),
    () => parsePut(request("PUT", "?c1=eq.1", {}, row(40_000)), "t"),
    () => parseUpdate(request("PATCH", "?c1=eq.1", {}, row(101)), "t"),
    () => parseCall(request("POST", "", {}, row(101)), "near", ["lat"]),
  ];
  for (const one of many) expect((await refusalOf(one)).code).toBe("too_many_columns");
  const [hundred] = await shapeOf(parseInsert(request("POST", "", {}, [row(100)]), "t"));
  expect(hundred).toMatchObject({ columns: names(100) });
  // Keys that `columns` leaves out are nobody's.
  const wide = request("POST", "?columns=c1", csv, `${names(101)}\n${names(101)}`);
  expect((await shapeOf(parseInsert(wide, "t")))[0]).toMatchObject({ columns: ["c1"] });
  const put = parsePut(request("PUT", "?c1=eq.1&columns=c1", {}, row(40_000)), "t");
  expect((await shapeOf(put))[0]).toMatchObject({ columns: ["c1"] });
});

test("what is given twice is found among many", async () => {
  const twice = [...names(50_000), "c7"];
  const sent = [
    () => parseInsert(request("POST", "", csv, twice.join()), "t"),
    () => parseInsert(request("POST", "", form, twice.join("=&")), "t"),
  ];
  for (const one of sent) expect((await refusalOf(one)).params.reason).toContain('"c7"');
});
