// A module that the product does not have: what the walk makes of a table nobody told it about.
import { env } from "cloudflare:workers";
import { triggersOf } from "../../src/kernel/after/changes.ts";
import { Refusal } from "../../src/kernel/errors.ts";
import type { Module, Operation } from "../../src/kernel/module.ts";
import { and, eq, everyone, member, or, own, signedIn, via } from "../../src/kernel/predicate.ts";
import {
  type AnyTable,
  boolean,
  declarationOf,
  id,
  integer,
  json,
  table,
  text,
  uuid,
} from "../../src/kernel/table.ts";
import { view } from "../../src/kernel/view.ts";
import { searchDefinitions } from "../kernel/database.ts";
import type { Matrix } from "./matrix.ts";

const edited = member("id", (): AnyTable => editors, "note_id", own("user_id"));

/** Rows of a person, who may hand them on; others may be let in. */
export const notes = table(
  "notes",
  {
    id: id(),
    user_id: uuid({ fill: "actor" }).notNull(),
    title: text({ fold: true, search: "simple" }).notNull(),
    doc: json(),
    pinned: boolean().notNull().default(false),
    secret: text({ hidden: true }),
  },
  {
    policy: {
      select: or(own("user_id"), edited),
      insert: own("user_id"),
      update: { using: or(own("user_id"), edited), check: own("user_id") },
      delete: own("user_id"),
    },
    indexes: [
      { on: ["user_id", "title"], unique: true },
      { on: ["secret"], unique: true },
    ],
    computed: { shout: { kind: "text", sql: (column) => `upper(${column("title")})` } },
    example: ({ user, canary }) => ({ user_id: user, title: canary, doc: { a: [canary, 1] } }),
  },
);

export const editors = table(
  "editors",
  {
    id: id(),
    note_id: uuid({ setOnce: true })
      .notNull()
      .references(() => notes.id),
    user_id: uuid({ setOnce: true }).notNull(),
  },
  {
    policy: { select: own("user_id") },
    indexes: [{ on: ["note_id", "user_id"], unique: true }, { on: ["user_id"] }],
    example: ({ user, parent }) => ({ note_id: parent(notes).id, user_id: user }),
  },
);

/** Rows that are as their parent is, and that the secret key only reads. */
export const remarks = table(
  "remarks",
  {
    id: id(),
    note_id: uuid({ setOnce: true })
      .notNull()
      .references(() => notes.id),
    body: text().notNull(),
  },
  {
    policy: {
      select: via("note_id"),
      insert: via("note_id"),
      update: { using: via("note_id", "update") },
      delete: via("note_id", "update"),
      service: "read",
    },
    indexes: [{ on: ["note_id"] }],
    example: ({ canary, parent }) => ({ note_id: parent(notes).id, body: canary }),
  },
);

/** Rows that everyone sees, though what they point at is hidden. */
export const labels = table(
  "labels",
  {
    id: id(),
    note_id: uuid({ setOnce: true }).references(() => notes.id),
    name: text().notNull(),
  },
  {
    policy: { select: everyone, insert: via("note_id") },
    indexes: [{ on: ["note_id"] }],
    example: ({ canary, parent }) => ({ note_id: parent(notes).id, name: canary }),
  },
);

/** Joins notes and labels; who made it sees it. */
export const pins = table(
  "pins",
  {
    id: id(),
    user_id: uuid({ fill: "actor", setOnce: true }).notNull(),
    note_id: uuid({ setOnce: true })
      .notNull()
      .references(() => notes.id),
    label_id: uuid({ setOnce: true })
      .notNull()
      .references(() => labels.id),
  },
  {
    policy: { select: own("user_id"), insert: and(own("user_id"), via("note_id")) },
    indexes: [{ on: ["note_id", "label_id"], unique: true }, { on: ["label_id"] }],
    example: ({ user, parent }) => ({
      ...{ user_id: user, note_id: parent(notes).id, label_id: parent(labels).id },
    }),
  },
);

/** What is said of each note, to whoever sees it. */
export const talk = view(
  "talk",
  {
    note_id: uuid()
      .primaryKey()
      .references(() => notes.id),
    title: text().notNull(),
    remarks: integer().notNull(),
    last: text(),
  },
  {
    policy: { select: everyone },
    sql: ({ visible }) =>
      `select n.id as note_id, n.title, count(r.id) as remarks, max(r.body) as last
       from ${visible(notes, "id", "note_id")} n
       left join ${visible(remarks, "note_id")} r on r.note_id = n.id group by n.id`,
    example: ({ parent }) => ({ note_id: parent(notes).id }),
  },
);

/** Rows that anyone signed in may write, and their owner alone sees. */
export const letters = table(
  "letters",
  { id: id(), user_id: uuid({ setOnce: true }).notNull(), body: text().notNull() },
  {
    policy: {
      select: own("user_id"),
      insert: signedIn,
      update: { using: signedIn },
      delete: signedIn,
    },
    indexes: [{ on: ["user_id"] }],
    example: ({ user, canary }) => ({ user_id: user, body: canary }),
  },
);

/** Rows that an operation makes, of a letter that the caller sees, for the letter's owner. */
const copies = table(
  "copies",
  {
    id: id(),
    letter_id: uuid({ setOnce: true })
      .notNull()
      .references(() => letters.id),
    user_id: uuid({ readOnly: true }).notNull(),
    body: text({ readOnly: true }).notNull(),
  },
  {
    policy: { select: own("user_id"), insert: own("user_id"), service: "read" },
    indexes: [{ on: ["user_id"] }, { on: ["letter_id"] }],
    example: ({ user, canary, parent }) => ({
      letter_id: parent(letters).id,
      user_id: user,
      body: canary,
      pages: 2,
    }),
  },
);

const copy: Operation = {
  on: copies,
  inputs: { pages: Number },
  reads: ({ letter_id }) => [{ from: letters, where: eq("id", String(letter_id)), as: "caller" }],
  decide({ letter_id }, [found = []]) {
    const [letter] = found;
    if (!letter) throw new Refusal("42501", { table: "copies" });
    const { user_id, body } = letter;
    return [{ insert: copies, rows: [{ letter_id, user_id, body }] }];
  },
};

export const notebook: Module = {
  name: "notebook",
  tables: [notes, editors, remarks, labels, pins, talk, letters, copies],
  operations: [copy],
  functions: [
    {
      name: "notes_titled",
      params: { title: { kind: "text", fallback: null } },
      relation: {
        of: notes,
        columns: { length: "integer" },
        sql: ({ source, param }) =>
          `select n.*, length(n.title) as length from ${source} n
           where ${param("title")} is null or n.title >= ${param("title")}`,
      },
    },
  ],
};

const ddl = [
  `create table notes(id text primary key not null, user_id text not null, title text not null,
    _fold_title text, _search_title text,
    doc text check (json_valid(doc)), pinned integer not null default 0,
    secret text, _v integer not null default 1)`,
  "create unique index notes_user_id_title on notes(user_id, title)",
  "create unique index notes_secret on notes(secret)",
  `create table editors(id text primary key not null, note_id text not null references notes(id),
    user_id text not null, _v integer not null default 1)`,
  "create unique index editors_note_id_user_id on editors(note_id, user_id)",
  `create table remarks(id text primary key not null, note_id text not null references notes(id),
    body text not null, _v integer not null default 1)`,
  `create table labels(id text primary key not null, note_id text references notes(id),
    name text not null, _v integer not null default 1)`,
  `create table pins(id text primary key not null, user_id text not null,
    note_id text not null references notes(id), label_id text not null references labels(id),
    _v integer not null default 1)`,
  "create unique index pins_note_id_label_id on pins(note_id, label_id)",
  `create table letters(id text primary key not null, user_id text not null, body text not null,
    _v integer not null default 1)`,
  `create table copies(id text primary key not null, letter_id text not null references letters(id),
    user_id text not null, body text not null, _v integer not null default 1)`,
];

/** Its tables, in this test file's own database. */
export async function createTables(): Promise<void> {
  const tables = (notebook.tables ?? []).filter((made) => !declarationOf(made).view);
  const triggers = tables.flatMap((t) => [...triggersOf(declarationOf(t)).values()]);
  const searches = tables.flatMap((t) => searchDefinitions(declarationOf(t)));
  await env.DB.batch([...ddl, ...searches, ...triggers].map((sql) => env.DB.prepare(sql)));
}

const nobody = { guest: "no", owner: "no", stranger: "no", staff: "no", service: "yes" } as const;
const all = { guest: "yes", owner: "yes", stranger: "yes", staff: "yes", service: "yes" } as const;
const holders = { ...nobody, owner: "own", stranger: "own" } as const;
const staffed = { ...holders, staff: "own" } as const;

/** What its policies mean, written down by hand. */
export const expected: Matrix = {
  notes: {
    select: staffed,
    count: staffed,
    insert: staffed,
    // Editors may not change it: the row as it will be must be the caller's own.
    update: holders,
    move: nobody,
    delete: holders,
    upsert: holders,
  },
  editors: {
    select: holders,
    count: holders,
    insert: nobody,
    update: nobody,
    delete: nobody,
    upsert: nobody,
  },
  remarks: {
    select: staffed,
    count: staffed,
    insert: { ...staffed, service: "no" },
    update: { ...staffed, service: "no" },
    delete: { ...staffed, service: "no" },
    upsert: { ...staffed, service: "no" },
  },
  letters: {
    select: holders,
    count: holders,
    insert: { ...all, guest: "no" },
    update: holders,
    delete: holders,
    upsert: holders,
  },
  talk: { select: staffed, count: staffed },
  pins: {
    select: holders,
    count: holders,
    insert: staffed,
    update: nobody,
    delete: nobody,
    upsert: nobody,
  },
  copies: {
    select: holders,
    count: holders,
    insert: { ...holders, service: "no" },
    update: { ...nobody, service: "no" },
    delete: { ...nobody, service: "no" },
    upsert: { ...nobody, service: "no" },
  },
  labels: {
    select: all,
    count: all,
    insert: staffed,
    update: nobody,
    delete: nobody,
    upsert: nobody,
  },
};
