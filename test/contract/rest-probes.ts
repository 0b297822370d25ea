// What PostgREST's grammar can try to learn of a row, a column or a table that is not there.
import { type Column, type Declared, visibleColumns } from "../../src/kernel/table.ts";
import { joined, relations } from "./rest-relations.ts";
import { ask, COUNTED, FORMS, inBatch, OBJECT, where, write } from "./rest-request.ts";
import { batches, changes, inserts } from "./rest-write-probes.ts";
import type { Ask, Probe, Subject } from "./speaker.ts";
import type { World } from "./world.ts";

export function probes(subject: Subject): Probe[] {
  const told = (asks: Ask[]) => asks.map((a) => ({ ask: a, twins: subject.unique }));
  return [
    ...told(reads(subject)),
    ...told(filters(subject)),
    ...told(embeds(subject)),
    ...told(calls(subject)),
    ...told(changes(subject)),
    ...told(batches(subject)),
    ...inserts(subject),
  ];
}

function reads({ hidden: { table, key } }: Subject): Ask[] {
  const readable = [...table.readable.values()].filter((c) => !c.hidden);
  const columns = readable.map((c) => c.name);
  const byKey = where(key);
  return [
    ask("GET", table, "", COUNTED),
    ask("GET", table, "select=*", OBJECT),
    ask("HEAD", table, "", COUNTED),
    ask("GET", table, "", { ...COUNTED, range: "0-0" }),
    ask("GET", table, "offset=10000", COUNTED),
    ask("GET", table, "offset=10000"),
    ask("GET", table, "limit=1&offset=1", { prefer: "count=planned" }),
    ask("GET", table, "cursor=&limit=1", COUNTED),
    ask("GET", table, "cursor=WyJ4Il0.AAAA&limit=1"),
    ask("GET", table, `select=${columns.join(",")}`, { prefer: "count=estimated" }),
    ask("GET", table, byKey, COUNTED),
    ask("GET", table, byKey, OBJECT),
    ask("GET", table, byKey, { "if-none-match": '"1"' }),
    ask("HEAD", table, byKey, COUNTED),
    ...FORMS.flatMap((form) => [
      ask("GET", table, "", form),
      ask("GET", table, byKey, { ...form, ...COUNTED }),
    ]),
    ask("GET", table, "select=count()", COUNTED),
    ask("GET", table, `select=count(),${columns.join(",")}`, COUNTED),
    ask("GET", table, `select=count&${byKey}`),
    ...readable.flatMap(aggregates).map((sums) => ask("GET", table, `select=${sums}`)),
    ...columns.flatMap((c) => [
      ask("GET", table, `order=${c}`),
      ask("GET", table, `order=${c}.desc.nullslast&limit=1`, COUNTED),
      ask("GET", table, `select=${c}&order=${c}.asc.nullsfirst`),
      ask("GET", table, `order=${c}.desc&cursor=&limit=1`, COUNTED),
    ]),
  ];
}

/** What may be summed up of a column, by itself and as what groups are made of. */
function aggregates({ name, kind }: Column): string[] {
  const sums = kind === "integer" || kind === "real" ? `,${name}.sum(),${name}.avg()` : "";
  const most = kind === "boolean" || kind === "json" ? "" : `,${name}.min(),${name}.max()`;
  return [`${name}.count()${most}${sums}`, `${name},count()&order=${name}.desc&limit=1`];
}

/** Every operator on every column, with what the hidden row holds there. */
function filters({ hidden: { table, row, key, canary }, unique }: Subject): Ask[] {
  const named = visibleColumns(table);
  const single = named.flatMap((column) => {
    const value = row[column.name];
    const told = unique.some((text) => JSON.stringify(value).includes(text));
    return told ? operations(column, value) : comparisons(column, value);
  });
  const list = single.map((filter) => ask("GET", table, filter, COUNTED));
  const keyed = Object.entries(key).map(([c, v]) => `${c}.eq.${v}`);
  const wide = named.map((c) => `${c.name}.not.is.null,${c.name}.is.null`).join(",");
  const bad = named.map((c) => ask("GET", table, `${c.name}=gt.%00${canary.slice(0, 9)}`));
  const trees = [
    `or=(${keyed},${wide})`,
    `and=(or(${keyed}),or(${wide}))`,
    `not.and=(${keyed.map((k) => k.replace(".eq.", ".not.eq."))})`,
    `or=(not.or(${keyed}),and(${keyed}))`,
    `not.or=(${keyed.map((k) => k.replace(".eq.", ".neq."))})`,
  ];
  return [...list, ...bad, ...trees.map((tree) => ask("GET", table, tree, COUNTED))];
}

/** Every operator, for a value that gives the hidden row away. */
function operations(column: Column, value: unknown): string[] {
  const { name, kind } = column;
  const text = wireText(value);
  const sent = encodeURIComponent(text);
  const quoted = encodeURIComponent(`"${text.replace(/["\\]/g, "\\$&")}"`);
  const start = encodeURIComponent(text.slice(0, 12));
  const inside = encodeURIComponent(text.slice(-12, -4));
  return [
    ...comparisons(column, value),
    ...["neq", "gt", "lt", "lte", "isdistinct"].map((op) => `${name}=${op}.${sent}`),
    `${name}=in.(${quoted})`,
    `${name}=not.in.(${quoted})`,
    `${name}=eq(any).{${quoted}}`,
    `${name}=like.${start}*`,
    `${name}=ilike.*${inside}*`,
    ...(kind === "text" ? [`${name}=like.*${sent}`, `${name}=ilike.${sent}`] : []),
    ...(column.search ? searches(name, text) : [`${name}=fts.x`]),
    ...(kind === "json"
      ? [`${name}->>a=gt.`, `order=${name}->a`, `${name}=cs.${sent}`, `${name}=cd.${sent}`]
      : []),
  ];
}

/** The words of the hidden row, alone, negated and by their beginnings. */
function searches(column: string, text: string): string[] {
  const [words, start] = [encodeURIComponent(text), encodeURIComponent(text.slice(0, -3))];
  return [
    `${column}=plfts.${words}`,
    `${column}=phfts.${words}`,
    `${column}=wfts.-${words}`,
    `${column}=not.phfts.${words}`,
    `${column}=fts.'${start}':*`,
    `or=(${column}.phfts."${words.replaceAll("%22", "")}",${column}.is.null)`,
  ];
}

/** Fewer, for a value that other rows may hold as well. */
function comparisons({ name }: Column, value: unknown): string[] {
  const always = [`${name}=is.null`, `${name}=not.is.null`, `${name}=is.true`];
  if (value === null || value === undefined) return always;
  const sent = encodeURIComponent(wireText(value));
  return [...always, `${name}=eq.${sent}`, `${name}=not.eq.${sent}`, `${name}=gte.${sent}`];
}

function wireText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The hidden row as an embed, as a parent of visible rows and as a condition on them. */
function embeds({ world, hidden: { table, key, row } }: Subject): Ask[] {
  const all = relations(world);
  const first = visibleColumns(table)[0]?.name ?? "id";
  const into = all.filter((r) => r.to === table);
  const outOf = all.filter((r) => r.from === table);
  const keyed = Object.entries(key).map(([c, v]) => `e.${c}=eq.${v}`);
  const embedded = into.flatMap(({ from, name, single }) => [
    ask("GET", from, `select=*,${name}(*)`, COUNTED),
    ask("GET", from, `select=*,e:${name.replace("!", "!inner!")}(*)`, COUNTED),
    ask("GET", from, `select=*,e:${name}(*)&${keyed}`, COUNTED),
    ask("GET", from, `select=*,e:${name.replace("!", "!inner!")}(${first})&${keyed}`, COUNTED),
    ask("GET", from, `select=*,e:${name}()&e=not.is.null`, COUNTED),
    ask("GET", from, `select=*,e:${name}(*)&e=is.null`, COUNTED),
    ask("GET", from, `select=*,e:${name}()&e=not.is.null&${keyed}`, COUNTED),
    ask("GET", from, `select=*,e:${name}()&e=is.null&${keyed}`, COUNTED),
    ask("GET", from, `select=*,e:${name}(*)&e.order=${first}.desc&e.limit=1&e.offset=0`),
    ask("GET", from, `select=*,e:${name}(count(),${first}.max())&e.order=${first}`),
    ask(
      "GET",
      from,
      `select=*,e:${name}(count(),${visibleColumns(table).map((c) => aggregates(c)[0])})`,
    ),
    ask("GET", from, `select=count(),e:${name}(*)`, COUNTED),
    ask("GET", from, `select=key:${from.key[0]},...${name}(*)`),
    ask("GET", from, `select=key:${from.key[0]},...e:${name}(*,...${name}(of:${first}))`),
    ask("GET", from, `select=*,...e:${name}(all:${first})&${keyed}`, COUNTED),
    ask("GET", from, `select=*,...e:${name}(of:${first})&e.order=${first}.desc&e.limit=1`),
    ...(single
      ? [
          ask("GET", from, `select=count(),...e:${name}(${first}.max())`),
          ask("GET", from, `select=count(),...e:${name}(of:${first})&order=e(${first})`, COUNTED),
        ]
      : []),
    ask("GET", from, `select=*,e:${name}(count())&${keyed}`),
    ask(
      "GET",
      from,
      `select=*,e:${name}(*)&e.or=(${keyed.map((k) => `not.or(${k.slice(2).replace("=", ".")})`)})`,
    ),
    ...visibleColumns(table).flatMap((c) => [
      ...(single ? [ask("GET", from, `select=*,e:${name}()&order=e(${c.name}).desc`)] : []),
      ...comparisons(c, row[c.name])
        .slice(-2)
        .map((f) => ask("GET", from, `select=*,e:${name}()&e=not.is.null&e.${f}`, COUNTED)),
    ]),
    ...outOf.map((back) =>
      ask("GET", from, `select=*,e:${name}(*,${back.name}(*,deep:${name}(*)))`, COUNTED),
    ),
  ]);
  const joins = world.tables.flatMap((from) => joined(world, from, table));
  const joining = joins.flatMap(({ from, name }) => [
    ask("GET", from, `select=*,e:${name}(*)`, COUNTED),
    ask("GET", from, `select=*,e:${name}(count())`, COUNTED),
    ask("GET", from, `select=*,e:${name.replace("!", "!inner!")}(*)&${keyed}`, COUNTED),
    ask("GET", from, `select=*,e:${name}()&e=is.null`, COUNTED),
    ask("GET", from, `select=*,...e:${name}(of:${first})`),
  ]);
  const around = outOf.flatMap(({ name }) => [
    ask("GET", table, `select=*,${name}(*)`, COUNTED),
    ask("GET", table, `select=*,e:${name}(*)&e=not.is.null&${where(key)}`, COUNTED),
  ]);
  return [...embedded, ...joining, ...around];
}

/** Functions that answer with rows, asked with what the hidden row holds. */
function calls({ world, hidden: { row, key } }: Subject): Ask[] {
  const functions = world.modules.flatMap((m) => m.functions ?? []);
  return functions.flatMap(({ name, params }) => {
    const given = Object.entries(params).map(([param, { kind }]) => {
      const value = kind === "uuid" ? Object.values(key)[0] : (row[param] ?? SAMPLES[kind]);
      return `${param}=${encodeURIComponent(String(value))}`;
    });
    const optional = Object.values(params).every((p) => p.fallback !== undefined);
    const queries = optional ? [given.join("&"), ""] : [given.join("&")];
    return queries.flatMap((query) =>
      [COUNTED, ...FORMS.slice(0, 2)].map((headers) => ({
        method: "GET",
        path: `rpc/${name}?${query}`,
        headers,
      })),
    );
  });
}

const SAMPLES = {
  uuid: "00000000-0000-7000-8000-000000000000",
  text: "a",
  integer: 1,
  real: 0.5,
  boolean: true,
  json: "{}",
  timestamp: "2026-01-01T12:00:00.000Z",
  date: "2026-01-01",
};

/** Requests that name a column, wherever the grammar lets one be named. */
export function naming(world: World, table: Declared, column: string): Ask[] {
  const own = relations(world).filter((r) => r.from === table);
  const into = relations(world).filter((r) => r.to === table);
  const some = table.key.map((k) => `${k}=not.is.null`).join("&");
  return [
    ...[
      `select=${column}`,
      `select=a:${column}::text`,
      `select=*,${column}->a`,
      `select=*,${column}(*)`,
      `select=${column}.max()`,
      `select=${column},count()`,
      `select=count()&order=${column}`,
      `${column}=eq.x`,
      `${column}=in.(x,y)`,
      `${column}=ilike.x*`,
      `${column}=not.is.null`,
      `${column}->>a=eq.x`,
      `or=(${column}.eq.x,${table.key[0]}.is.null)`,
      `not.and=(${column}.is.null)`,
      `order=${column}`,
      `order=${column}->a.desc`,
      `order=${column}&cursor=`,
      `${column}=cs.{x}`,
      `${column}=match.x`,
      `${column}=fts.x`,
      `order=${column}(id)`,
      ...own.map(({ to }) => `select=*,${to.name}!${column}(*)`),
    ].map((query) => ask("GET", table, query, COUNTED)),
    ...into.flatMap(({ from, name, single }) => [
      ask("GET", from, `select=e:${name}(${column})`),
      ask("GET", from, `select=e:${name}(*)&e.${column}=is.null`),
      ask("GET", from, `select=e:${name}(*)&e.order=${column}`),
      ask("GET", from, `select=e:${table.name}!${column}(*)`),
      ...(single ? [ask("GET", from, `select=e:${name}()&order=e(${column})`)] : []),
    ]),
    write("POST", table, "", { [column]: "x" }, "return=representation"),
    write("POST", table, `columns=${column}`, [{ [column]: "x" }]),
    write("POST", table, `on_conflict=${column}`, {}, "resolution=merge-duplicates"),
    write("PATCH", table, some, { [column]: "x" }),
    write("PATCH", table, `${column}=eq.x`, {}),
    ask("DELETE", table, `${column}=eq.x`),
    inBatch({ method: "POST", url: table.name, body: { [column]: "x" } }),
    inBatch({ method: "DELETE", url: `${table.name}?${column}=eq.x`, rows: 1 }),
    inBatch(
      { id: "a", method: "POST", url: table.name, body: {} },
      { method: "POST", url: table.name, body: { [column]: { $ref: `a.${column}` } } },
    ),
    write("PATCH", table, `select=${column}&${table.key[0]}=is.null`, {}, "return=representation"),
  ];
}

/** Requests that name a table: directly with every method, and as an embed of every other. */
export function reaching(world: World, name: string): Ask[] {
  const body = JSON.stringify({ id: crypto.randomUUID() });
  const json = { "content-type": "application/json" };
  const direct: Ask[] = ["GET", "HEAD", "POST", "PATCH", "DELETE"].map((method) => ({
    method,
    path: method === "POST" ? name : `${name}?id=not.is.null`,
    headers: json,
    ...(method === "POST" || method === "PATCH" ? { body } : {}),
  }));
  direct.push(inBatch({ method: "POST", url: name, body: {} }));
  const schemas = new Set(world.unexposed.map((t) => t.schema));
  const profiled = direct.flatMap((a) =>
    [...schemas].map((schema) => {
      const profile = a.method === "GET" || a.method === "HEAD" ? "accept" : "content";
      return { ...a, headers: { ...a.headers, [`${profile}-profile`]: schema } };
    }),
  );
  // A select list has no way to say a schema.
  if (name.includes(".")) return [...direct, ...profiled];
  const embedded = world.tables.flatMap((table) => {
    const keys = [...table.parents().keys()];
    const hints = keys.map((column) => `${name}!${table.name}_${column}_fkey`);
    return [name, ...hints].map((relation) => ask("GET", table, `select=*,${relation}(*)`));
  });
  return [...direct, ...profiled, ...embedded];
}
