import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { service } from "../../../src/kernel/actor.ts";
import { triggersOf } from "../../../src/kernel/after/changes.ts";
import { createKernel } from "../../../src/kernel/kernel.ts";
import { createdAt, declarationOf, id, table, text } from "../../../src/kernel/table.ts";

const DAY_MS = 24 * 3_600_000;
const jars = table(
  "jars",
  { id: id(), label: text().notNull(), created_at: createdAt() },
  { policy: {}, example: ({ canary }) => ({ label: canary }) },
);

test("a sweep removes what is a week old, and never the newest", async () => {
  const ddl =
    "create table jars(id text primary key, label text, created_at text, _v integer default 1)";
  const triggers = [...triggersOf(declarationOf(jars)).values()];
  await env.DB.batch([ddl, ...triggers].map((sql) => env.DB.prepare(sql)));
  const time = { ms: Date.parse("2026-01-01T00:00:00Z") };
  const clock = { now: () => time.ms };
  const modules = [{ name: "jars", tables: [jars] }];
  const kernel = createKernel({
    modules,
    db: env.DB,
    files: env.FILES,
    secrets: {},
    settings: {},
    clock,
  });
  const fill = (label: string) =>
    kernel.modules.commit([{ insert: jars, rows: [{ label }] }], service());
  const kept = async () => {
    const sql = `select (select count(*) from _tx) as tx,
      (select count(*) from _changes) as changes,
      (select json_group_array(json_extract(new, '$.label')) from _changes) as labels`;
    return await env.DB.prepare(sql).first();
  };
  await fill("old");
  await fill("older than a week");
  time.ms += 8 * DAY_MS;
  await fill("new");
  await kernel.sweep();
  expect(await kept()).toEqual({ tx: 2, changes: 1, labels: '["new"]' });
  time.ms += 8 * DAY_MS;
  await kernel.sweep();
  expect(await kept()).toEqual({ tx: 1, changes: 1, labels: '["new"]' });
  await fill("newest");
  expect(await kept()).toEqual({ tx: 2, changes: 2, labels: '["new","newest"]' });
});
