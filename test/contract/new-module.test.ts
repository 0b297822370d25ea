// The walk itself: it asks for what is new, sees what is wrong, and has no opinion of its own.
import { beforeAll, describe, expect, test } from "vitest";
import { everyone, isNotNull, own, signedIn } from "../../src/kernel/predicate.ts";
import { type AnyTable, declarationOf } from "../../src/kernel/table.ts";
import { modules as product } from "../../src/modules/index.ts";
import { cellsOf } from "./decide.ts";
import { hire } from "./hire.ts";
import { impersonations } from "./impersonate.ts";
import { leaks } from "./leaks.ts";
import { compare, type Matrices, parse, render, sentence } from "./matrix.ts";
import { createTables, expected, labels, notebook, notes, remarks, talk } from "./notebook.ts";
import { restSpeaker } from "./rest.ts";
import { plant, type Seeds } from "./seed.ts";
import { betrayals } from "./unknown.ts";
import { accepted, decideAll, decidedBy, exposedTables, survivors, withPolicy } from "./walk.ts";
import { createWorld, type World } from "./world.ts";

const modules = [...product, notebook];
const matrices: Matrices = { ...accepted, notebook: expected };
const decided = decidedBy(matrices, modules);
const tables = exposedTables(notebook);

let world: World;
let seeds: Seeds;

beforeAll(async () => {
  await createTables();
  world = await createWorld(modules);
  seeds = await plant(world, restSpeaker(world));
  await hire(world, seeds, restSpeaker(world));
});

/** What the owner learns where a table has another policy than was decided. */
function leaksWith(table: AnyTable, change: object): Promise<string[]> {
  const declared = declarationOf(table);
  const work = withPolicy(world, declared, { ...declared.policy, ...change });
  return work((w) =>
    leaks({ world: w, seeds, speaker: restSpeaker(w), decided }, [declared], ["owner"]),
  );
}

test("a new module is asked for its own cells and for nothing else", async () => {
  const found = await decideAll(world, seeds, restSpeaker(world), [notebook]);
  const asked = compare(accepted, { ...accepted, ...found });
  expect(asked.every((d) => d.module === "notebook" && d.expected === undefined)).toBe(true);
  expect(asked).toHaveLength(tables.flatMap(cellsOf).length);
  expect(found).toEqual({ notebook: expected });
});

test("no rule of its policies could be lost unnoticed", async () => {
  const found = [];
  for (const table of tables) found.push(...(await survivors(world, seeds, table, decided)));
  expect(found).toEqual([]);
});

test.each(tables.map((table) => [table.name, table] as const))(
  "%s tell nobody what is not theirs to see",
  async (_, table) => {
    const speaker = restSpeaker(world);
    expect(await leaks({ world, seeds, speaker, decided }, [table], ["owner"])).toEqual([]);
    expect(await betrayals(world, speaker, table)).toEqual([]);
  },
);

test("the change log holds nothing of hidden columns", async () => {
  const { results } = await world.db.prepare("select new, old from _changes").all();
  const log = JSON.stringify(results);
  const note = seeds.of(declarationOf(notes), "owner");
  expect(log).toContain(note.canary);
  expect(note.secret).toBeTruthy();
  expect(log).not.toContain(note.secret);
  expect(log).not.toContain("secret");
});

describe("the matrix", () => {
  const decided = {
    shop: { shelves: { select: { guest: "yes" as const, owner: "own" as const } } },
  };
  const differences = (found: Matrices) => compare(decided, found).map(sentence);

  test("is read as it was written", () => {
    expect(parse(JSON.parse(render(expected)))).toEqual(expected);
    expect(() => parse({ notes: { select: "guest yes, owner perhaps" } })).toThrow("perhaps");
  });

  test("differs by a cell too many, one too few, and one that does not hold", () => {
    const { guest } = decided.shop.shelves.select;
    expect(differences(decided)).toEqual([]);
    expect(differences({})).toEqual([
      '- shop: shelves.select guest was "yes", and is no more',
      '- shop: shelves.select owner was "own", and is no more',
    ]);
    expect(differences({ shop: { shelves: { select: { guest, owner: "yes" } } } })).toEqual([
      '! shop: shelves.select owner should be "own", and is "yes"',
    ]);
    expect(differences({ ...decided, bank: { vaults: { select: { guest: "no" } } } })).toEqual([
      '+ bank: vaults.select guest is "no", which nobody has decided yet',
    ]);
    expect(differences({ ...decided, bank: {} })).toHaveLength(1);
  });
});

describe("the walk notices", () => {
  test("a row in another's name", async () => {
    const declared = declarationOf(notes);
    const work = withPolicy(world, declared, { ...declared.policy, insert: signedIn });
    const found = await work((w) => impersonations({ world: w, seeds, speaker: restSpeaker(w) }));
    expect(found).toContain("staff may write notes.user_id as owner");
    expect(await impersonations({ world, seeds, speaker: restSpeaker(world) })).toEqual([]);
  });

  test("a row that is shown", async () => {
    const { canary } = seeds.of(declarationOf(notes), "stranger");
    const found = await leaksWith(notes, { select: everyone });
    expect(found.some((f) => f.startsWith("rest, owner") && f.includes(`tells ${canary}`))).toBe(
      true,
    );
  });

  test("a view that shows what its tables do not, or adds it up", async () => {
    const declared = declarationOf(talk);
    const kept = declared.view ?? (() => "");
    const heard = async (sql: string) => {
      declared.view = ({ every }) => sql.replace("NOTES", every(notes));
      return leaksWith(notes, {});
    };
    const rows = await heard("select id note_id, title, 0 remarks, null last from NOTES");
    const sums = await heard(
      "select min(id) note_id, 'x' title, count(*) remarks, max(title) last from NOTES",
    );
    declared.view = kept;
    const { canary } = seeds.of(declarationOf(notes), "stranger");
    expect(rows.some((found) => found.includes(`tells ${canary}`))).toBe(true);
    expect(sums.some((found) => found.includes("changes with a hidden row"))).toBe(true);
  });

  test("a foreign key that says which hidden rows there are", async () => {
    const found = await leaksWith(labels, { insert: signedIn });
    expect(found.map((f) => f.split("(")[0])).toContainEqual(
      expect.stringContaining("POST labels"),
    );
    expect(found.every((f) => f.includes("says that the row is there"))).toBe(true);
  });

  test("a write that reaches a hidden row", async () => {
    const lost = leaksWith(remarks, { select: everyone, update: { using: everyone } });
    await expect(lost).rejects.toThrow("changed a hidden row");
  });

  test("a rule that no cell is about", async () => {
    const declared = declarationOf(notes);
    const update = { using: own("user_id"), check: isNotNull("id") };
    const work = withPolicy(world, declared, { ...declared.policy, update });
    const found = await work(async (w) => {
      const alone = { name: "notebook", tables: [notes] };
      const now = await decideAll(w, seeds, restSpeaker(w), [alone]);
      return survivors(w, seeds, declared, decidedBy(now, modules));
    });
    expect(found).toContain("notes: update.check could be everyone, and no cell would tell");
  });
});
