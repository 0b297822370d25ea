// A row of the owner and one of the stranger in every table, parents first, each with a text that
// occurs nowhere else.
import { service } from "../../src/kernel/actor.ts";
import type { Operation } from "../../src/kernel/module.ts";
import { keyIs } from "../../src/kernel/plan/change.ts";
import { type AnyTable, type Declared, declarationOf, type Row } from "../../src/kernel/table.ts";
import { fromStored, type Stored } from "../../src/kernel/values.ts";
import { keyOf } from "./database.ts";
import type { Speaker } from "./speaker.ts";
import { newCanary, type Person, type World } from "./world.ts";

export type Holder = Extract<Person, "owner" | "stranger">;
const holders: Holder[] = ["owner", "stranger"];

export interface Seed {
  table: Declared;
  holder: Holder;
  /** A text that occurs in this row alone; its key, where the row has no room for one. */
  canary: string;
  /** What stands in the row's hidden columns. */
  secret: string | undefined;
  /** The row as its table's example gave it. */
  given: Row;
  /** The row as it is: visible columns. */
  row: Row;
  key: Row;
}

export interface Seeds {
  all: Seed[];
  of(table: Declared, holder: Holder): Seed;
  /** A legal row for `user` under the parents of `holder`, not yet written. */
  example(table: Declared, user: Person, holder: Holder): Row;
}

export async function plant(world: World, speaker: Speaker): Promise<Seeds> {
  const bed = new Bed(world, speaker);
  const views = world.tables.filter((table) => table.view);
  const tables = world.tables.filter((table) => !table.view);
  for (const holder of holders)
    for (const table of [...tables, ...views]) await bed.plant(table, holder);
  return bed.seeds();
}

class Bed {
  private readonly planted = new Map<string, Seed>();
  private readonly outside = new Map<string, Row>();
  private n = 0;
  private readonly world: World;
  private readonly speaker: Speaker;

  constructor(world: World, speaker: Speaker) {
    this.world = world;
    this.speaker = speaker;
  }

  /** Parents are planted before the example asks for them: every foreign key's, as declared. */
  async plant(table: Declared, holder: Holder): Promise<Seed> {
    const name = `${table.sqlName} ${holder}`;
    const known = this.planted.get(name);
    if (known) return known;
    for (const { table: parent } of table.parents().values()) {
      if (parent === table) continue;
      if (this.world.tables.includes(parent)) await this.plant(parent, holder);
      else await this.plantOutside(parent, holder);
    }
    const canary = newCanary();
    const given = this.example(table, holder, holder, canary);
    // A view's example is the key of a row that others' examples have made.
    const made = table.view ? given : await write(this.world, this.speaker, table, given);
    const key = keyOf(table, made);
    const seed = await this.describe(table, holder, { canary, given, key });
    this.planted.set(name, seed);
    return seed;
  }

  example(table: Declared, user: Person, holder: Holder, canary = newCanary()): Row {
    this.n++;
    const parent = (of: AnyTable) => {
      const name = `${declarationOf(of).sqlName} ${holder}`;
      const found = this.outside.get(`${name} ${user}`) ?? this.outside.get(name);
      const row = this.planted.get(name)?.row ?? found;
      if (!row) throw new Error(`${table.name}: no row of ${name} was made before it`);
      return row;
    };
    return table.example({ user: this.world.people[user].id, canary, n: this.n, parent });
  }

  /** An operation's example holds what is stored and what is sent; the server's columns are not. */
  private sent(table: Declared, row: Row): Row {
    if (!operationOn(this.world, table)) return row;
    return without(row, (c) => table.columns.get(c)?.readOnly === true);
  }

  /** A parent that no protocol may name: the person's own row, or an example. */
  private async plantOutside(table: Declared, holder: Holder): Promise<void> {
    const name = `${table.sqlName} ${holder}`;
    if (this.outside.has(name)) return;
    for (const [person, { id }] of Object.entries(this.world.people)) {
      const row = await stored(this.world, table, { [table.key[0] ?? "id"]: id });
      if (row) this.outside.set(`${name} ${person}`, row);
    }
    const { parents } = table;
    for (const { table: parent } of parents().values()) await this.plantOutside(parent, holder);
    const own = this.outside.get(`${name} ${holder}`);
    const made = own ?? (await commit(this.world, table, this.example(table, holder, holder)));
    this.outside.set(name, made);
  }

  private async describe(
    table: Declared,
    holder: Holder,
    made: { canary: string; given: Row; key: Row },
  ): Promise<Seed> {
    const secret = await hide(this.world, table, made.key);
    const row = await stored(this.world, table, made.key);
    if (!row) throw new Error(`${table.name}: the example was accepted, and is not there`);
    const visible = [...table.columns.values()].filter((c) => !c.hidden).map((c) => c.name);
    const seen = Object.fromEntries(visible.map((c) => [c, row[c]]));
    const carries = JSON.stringify(seen).includes(made.canary);
    const canary = carries ? made.canary : String(Object.values(made.key)[0]);
    return { table, holder, canary, secret, given: made.given, row: seen, key: made.key };
  }

  seeds(): Seeds {
    return {
      all: [...this.planted.values()],
      of: (table, holder) => {
        const seed = this.planted.get(`${table.sqlName} ${holder}`);
        if (!seed) throw new Error(`${table.name}: not planted`);
        return seed;
      },
      example: (table, user, holder) => this.sent(table, this.example(table, user, holder)),
    };
  }
}

/** Writes by the secret key over the wire; by the module's hand where even that key may not. */
export async function write(
  world: World,
  speaker: Speaker,
  table: Declared,
  row: Row,
): Promise<Row> {
  const exposed = world.tables.includes(table);
  const operation = operationOn(world, table);
  if (!exposed || operation || (table.policy.service ?? "all") !== "all") {
    const inputs = operation?.inputs ?? {};
    // What an operation ignores of a client may be a column that the module itself writes.
    const input = (name: string) => Object.hasOwn(inputs, name) && !table.columns.has(name);
    const columns = without(row, input);
    return keyOf(table, await commit(world, table, columns));
  }
  const heard = await speaker.say("service", speaker.insert(table, row));
  const [made] = heard.rows;
  if (!made) throw new Error(`${table.name}: its example is refused: ${heard.bytes}`);
  return keyOf(table, made);
}

function operationOn({ modules }: World, { table }: Declared): Operation | undefined {
  return modules.flatMap((m) => m.operations ?? []).find((o) => o.on === table);
}

function without(row: Row, drop: (name: string) => boolean): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !drop(name)));
}

async function commit(world: World, table: Declared, row: Row): Promise<Row> {
  const [rows] = await world.app.kernel.modules.commit(
    [{ insert: table.table, rows: [row] }],
    service(),
  );
  const made = rows?.[0];
  if (!made) throw new Error(`${table.sqlName}: the module wrote no row`);
  return made;
}

/** A stored row, as modules see it. */
export async function stored(world: World, table: Declared, key: Row): Promise<Row | undefined> {
  if (table.view) {
    const query = { from: table.table, where: keyIs(table.table, key) };
    return (await world.app.kernel.modules.read([query], service()))[0]?.[0];
  }
  const where = Object.keys(key).map((k) => `"${k}" = ?`);
  const row = await world.db
    .prepare(`select * from "${table.sqlName}" where ${where.join(" and ")}`)
    .bind(...Object.values(key))
    .first<Record<string, Stored>>();
  if (!row) return undefined;
  const columns = [...table.columns.values()];
  return Object.fromEntries(columns.map((c) => [c.name, fromStored(c.kind, row[c.name] ?? null)]));
}

/** No wire can write a hidden column, so what must never be seen is put there directly. */
async function hide(world: World, table: Declared, key: Row): Promise<string | undefined> {
  const hidden = [...table.columns.values()].filter((c) => c.hidden && c.kind === "text");
  if (hidden.length === 0) return undefined;
  const secret = newCanary();
  const sets = hidden.map((c) => `"${c.name}" = ?`);
  const where = Object.keys(key).map((k) => `"${k}" = ?`);
  await world.db
    .prepare(`update "${table.sqlName}" set ${sets} where ${where.join(" and ")}`)
    .bind(...hidden.map(() => secret), ...Object.values(key))
    .run();
  return secret;
}
