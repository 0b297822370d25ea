// A store that already holds files, when quotas come: they are counted.
import { readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { migrationFiles, migrationsDir } from "../../scripts/schema.ts";

const quota = "0006_storage_quota.sql";
const at = "'2026-01-01T00:00:00.000Z'";

test("files and uploads that were there before are counted", () => {
  const db = new DatabaseSync(":memory:");
  const apply = (file: string) => db.exec(readFileSync(path.join(migrationsDir, file), "utf8"));
  for (const file of migrationFiles().filter((name) => name < quota)) apply(file);
  for (const user of ["ada", "bob", "eve"])
    db.exec(`insert into auth__users(id, created_at, updated_at) values ('${user}', ${at}, ${at})`);
  const object = (id: string, owner: string, size: number) =>
    db.exec(`insert into storage__objects(id, bucket_id, name, owner_id, size, mime_type,
      created_at, version, etag, cache_control, updated_at)
      values ('${id}', 'photos', '${id}', ${owner}, ${size}, '', ${at}, '${id}', '', '', ${at})`);
  object("a", "'ada'", 10);
  object("b", "'ada'", 5);
  object("c", "null", 100);
  const upload = (id: string, owner: string, size: number) =>
    db.exec(`insert into storage__uploads(id, bucket_id, name, owner_id, size, mime_type,
      created_at) values ('${id}', 'photos', '${id}', ${owner}, ${size}, '', ${at})`);
  upload("d", "'ada'", 3);
  upload("e", "'bob'", 7);
  apply(quota);
  const usage = () =>
    db.prepare("select owner_id, files, bytes from storage__usage order by owner_id").all();
  expect(usage()).toEqual([
    { owner_id: "ada", files: 3, bytes: 18 },
    { owner_id: "bob", files: 1, bytes: 7 },
  ]);
  db.exec("delete from storage__uploads; delete from storage__objects");
  expect(usage()).toEqual([
    { owner_id: "ada", files: 0, bytes: 0 },
    { owner_id: "bob", files: 0, bytes: 0 },
  ]);
});
