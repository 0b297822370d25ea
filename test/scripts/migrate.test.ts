// The generator in a copy of the project, with a module of the test's own.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unstable_splitSqlQuery as split } from "wrangler";

const project = path.join(import.meta.dirname, "..", "..");
let copy: string;

beforeEach(() => {
  copy = mkdtempSync(path.join(tmpdir(), "vertebra-migrate-"));
  for (const part of ["package.json", "wrangler.toml", "scripts", "src", "migrations"])
    cpSync(path.join(project, part), path.join(copy, part), { recursive: true });
  symlinkSync(path.join(project, "node_modules"), path.join(copy, "node_modules"));
});

afterEach(() => rmSync(copy, { recursive: true }));

function generate(...args: string[]) {
  const before = new Set(files());
  const command = ["scripts/migrate.ts", "generate", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: copy,
    encoding: "utf8",
  });
  const fresh = files().filter((file) => !before.has(file));
  const sql = fresh.map((f) => readFileSync(path.join(copy, "migrations", f), "utf8")).join("\n");
  return { status, out: stdout + stderr, fresh, sql };
}

const files = () => readdirSync(path.join(copy, "migrations")).sort();

interface Notes {
  columns?: string;
  declaration?: string;
}

function declareNotes({ columns = "", declaration = "" }: Notes = {}): void {
  const folder = path.join(copy, "src", "modules", "notes");
  mkdirSync(folder, { recursive: true });
  const source = `
    import { everyone } from "../../kernel/predicate.ts";
    import { boolean, id, integer, table, text } from "../../kernel/table.ts";
    export const notes = table("notes", { id: id(), title: text(), ${columns} },
      { policy: { select: everyone }, example: () => ({}), indexes: [{ on: ["title"] }],
        ${declaration} });
    export const unusedKinds = [boolean, integer];
  `;
  writeFileSync(path.join(folder, "tables.ts"), source);
}

/** A store with the migrations so far, and a row in it. */
function storeWithNote(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const file of files()) db.exec(readFileSync(path.join(copy, "migrations", file), "utf8"));
  db.exec("insert into _tx(nonce, actor, at, first) values ('n', 'service', 't', 0)");
  db.exec("insert into notes(id, title) values ('1', 'Milk')");
  return db;
}

const objects = (db: DatabaseSync, type: string) =>
  db
    .prepare("select name from sqlite_master where type = ? and tbl_name = 'notes' order by name")
    .all(type)
    .map((row) => row.name);

test("what the migrations make is what the modules declare", () => {
  const { status, out, fresh } = generate();
  expect(out).toContain("Nothing changed");
  expect([status, fresh]).toEqual([0, []]);
});

test("a new module is one migration: its tables, indexes and triggers", () => {
  declareNotes({ declaration: `checks: { title: "length(title) < 9" }` });
  const { fresh, sql } = generate();
  expect(fresh).toHaveLength(1);
  expect(fresh[0]).toMatch(/^\d{4}_notes\.sql$/);
  expect(sql).not.toContain("ALTER TABLE");
  const db = storeWithNote();
  expect(objects(db, "index")).toContain("notes_title");
  expect(objects(db, "trigger")).toHaveLength(3);
  expect(db.prepare("select tbl, verb, key from _changes").all()).toEqual([
    { tbl: "notes", verb: "insert", key: "1" },
  ]);
  expect(() => db.exec("insert into notes(id, title) values ('2', 'far too long')")).toThrow(
    "CHECK constraint failed: notes_title",
  );
  expect(generate().fresh).toEqual([]);
});

test("D1 splits a migration into its statements, triggers whole", () => {
  declareNotes();
  const statements = split(generate().sql);
  expect(statements).toHaveLength(5);
  const triggers = statements.filter((sql) => sql.startsWith("CREATE TRIGGER"));
  expect(triggers).toHaveLength(3);
  for (const sql of triggers) expect(sql).toMatch(/\bend$/);
});

test("a new column is added, not rebuilt, with its condition and new triggers", () => {
  declareNotes();
  generate();
  const db = storeWithNote();
  declareNotes({ columns: `done: boolean().notNull().default(false), body: text(),` });
  const { fresh, sql } = generate("--name", "add_done");
  expect(fresh[0]).toMatch(/_add_done\.sql$/);
  expect(sql).not.toMatch(/drop table|__new_/i);
  expect(sql).toMatch(/ADD COLUMN `done` integer DEFAULT 0 NOT NULL/);
  expect(sql.indexOf("DROP TRIGGER IF EXISTS")).toBeLessThan(sql.indexOf("ALTER TABLE"));
  db.exec(sql);
  expect(db.prepare("select title, done, body from notes").all()).toEqual([
    { title: "Milk", done: 0, body: null },
  ]);
  expect(() => db.exec("update notes set done = 2")).toThrow("notes_done_boolean");
  db.exec("update notes set body = 'two'");
  const { new: state } = db.prepare("select new from _changes order by seq desc").get() ?? {};
  expect(JSON.parse(String(state))).toMatchObject({ done: false, body: "two" });
  expect(generate().fresh).toEqual([]);
});

test("a search index comes, changes and goes with what is declared, and knows the rows", () => {
  declareNotes();
  generate();
  const db = storeWithNote();
  const apply = (made: ReturnType<typeof generate>) => {
    expect(made).toMatchObject({ status: 0, fresh: [expect.stringMatching(/notes/)] });
    for (const sql of split(made.sql)) expect(sql).toMatch(/^(?!create trigger)|end$/i);
    db.exec(made.sql);
    return made.sql;
  };
  const found = (word: string, index = "_search_notes") =>
    db.prepare(`select count(*) as n from ${index} where ${index} match ?`).get(word)?.n;
  declareNotes({ columns: 'body: text({ search: "simple" }),' });
  apply(generate());
  expect(generate().fresh).toEqual([]);
  db.exec("update notes set body = 'Goat', _search_body = null");
  expect(found("goat")).toBe(1);
  // In another manner: the index is made anew and filled, the table is left alone.
  declareNotes({ columns: 'body: text({ search: "english" }),' });
  const sql = apply(generate());
  expect(sql).not.toMatch(/alter table/i);
  expect([found("goats"), found("milk")]).toEqual([1, 0]);
  declareNotes();
  apply(generate("--drop", "notes.body", "--drop", "notes._search_body"));
  const left = db.prepare("select name from sqlite_master where name like '%search%notes%'");
  expect(left.all()).toEqual([]);
  expect(objects(db, "trigger")).toHaveLength(3);
});

test("a rule that changes only the triggers makes a migration of triggers only", () => {
  declareNotes({ columns: "body: text()," });
  generate();
  declareNotes({ columns: "body: text({ large: true })," });
  const { sql } = generate();
  expect(sql).toMatch(/create trigger/i);
  expect(sql).not.toMatch(/\btable\b/i);
});

test("a column that is gone is refused, until it is dropped by name", () => {
  declareNotes({
    columns: "body: text(),",
    declaration: `checks: { a: "title <> 'x'" }, watch: true`,
  });
  generate();
  const db = storeWithNote();
  declareNotes({ declaration: `checks: { a: "title <> 'x'" }` });
  const refused = generate();
  expect([refused.status, refused.fresh]).toEqual([1, []]);
  expect(refused.out).toContain("column notes.body is in the migrations and no longer declared");
  expect(refused.out).toContain("--drop");
  const { status, sql } = generate("--drop", "notes.body");
  expect(status).toBe(0);
  db.exec(sql);
  expect(db.prepare("select * from notes").all()).toEqual([{ id: "1", title: "Milk", _v: 1 }]);
  expect(objects(db, "trigger")).toHaveLength(3);
});

test("a rename is never guessed; spelled out it keeps the rows", () => {
  declareNotes({ columns: "body: text()," });
  generate();
  const db = storeWithNote();
  db.exec("update notes set body = 'kept'");
  declareNotes({ columns: `words: text(),` });
  expect(generate()).toMatchObject({ status: 1, fresh: [] });
  const { status, sql } = generate("--rename", "notes.body:words");
  expect(status).toBe(0);
  expect(sql).toContain("RENAME COLUMN");
  db.exec(sql);
  expect(db.prepare("select words from notes").all()).toEqual([{ words: "kept" }]);
  db.exec("update notes set words = 'new'");
  const { new: state } = db.prepare("select new from _changes order by seq desc").get() ?? {};
  expect(JSON.parse(String(state))).toMatchObject({ words: "new" });
  expect(generate().fresh).toEqual([]);
});

test.for([
  ["another type", { columns: "size: integer()," }],
  ["another default", { columns: `size: text().default("m"),` }],
  ["no longer null", { columns: "size: text().notNull()," }],
  ["a new condition", { columns: "size: text(),", declaration: `checks: { a: "size <> ''" }` }],
  ["a column without a value for old rows", { columns: "size: text(), n: integer().notNull()," }],
] as const)("what only a rebuild could do is refused: %s", ([, changed]) => {
  declareNotes({ columns: "size: text()," });
  generate();
  declareNotes(changed);
  const { status, out, fresh } = generate();
  expect([status, fresh]).toEqual([1, []]);
  expect(out).toContain("expand");
});

test("a table that is gone is refused, until it is dropped by name", () => {
  declareNotes();
  generate();
  const db = storeWithNote();
  rmSync(path.join(copy, "src", "modules", "notes"), { recursive: true });
  const refused = generate();
  expect([refused.status, refused.fresh]).toEqual([1, []]);
  expect(refused.out).toContain("table notes is in the migrations and no longer declared");
  const { sql, fresh } = generate("--drop", "notes");
  expect(fresh[0]).toMatch(/_drop_notes\.sql$/);
  db.exec(sql);
  expect(objects(db, "table")).toEqual([]);
  expect(generate().fresh).toEqual([]);
});

test("a module that goes with its migration leaves nothing to do", () => {
  declareNotes();
  const [file = ""] = generate().fresh;
  rmSync(path.join(copy, "src", "modules", "notes"), { recursive: true });
  rmSync(path.join(copy, "migrations", file));
  expect(generate()).toMatchObject({ status: 0, fresh: [] });
});
