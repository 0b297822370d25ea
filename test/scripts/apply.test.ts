// Migrations onto a local store of the test's own.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  globSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";

const project = path.join(import.meta.dirname, "..", "..");
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), "vertebra-apply-"));
  for (const part of ["package.json", "wrangler.toml", "scripts", "src", "migrations"])
    cpSync(path.join(project, part), path.join(copy, part), { recursive: true });
  symlinkSync(path.join(project, "node_modules"), path.join(copy, "node_modules"));
});

afterAll(() => rmSync(copy, { recursive: true }));

function run(script: string, ...args: string[]) {
  const command = [script, ...args, "--persist", path.join(copy, "store")];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: copy,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const files = () => readdirSync(path.join(copy, "migrations")).sort();

function store(): DatabaseSync {
  const all = globSync("store/v3/d1/*/*.sqlite", { cwd: copy });
  const [file = ""] = all.filter((name) => !name.includes("metadata"));
  return new DatabaseSync(path.join(copy, file));
}

test("each migration is applied once, and noted as wrangler notes it", () => {
  const { status, stdout, stderr } = run("scripts/migrate.ts");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout.trim().split("\n")).toEqual(files().map((file) => `applied ${file}`));
  const again = run("scripts/migrate.ts");
  expect(again.stdout).toMatch(/^Nothing to apply/);
  const db = store();
  expect(db.prepare("select name from d1_migrations order by id").all()).toEqual(
    files().map((name) => ({ name })),
  );
  expect(db.prepare("select count(*) as n from restaurants").get()).toEqual({ n: 0 });
  db.close();
  const wrangler = path.join(project, "node_modules", "wrangler", "bin", "wrangler.js");
  const list = ["d1", "migrations", "list", "DB", "--local", "--persist-to", "store"];
  const { stdout: listed } = spawnSync(process.execPath, [wrangler, ...list], {
    cwd: copy,
    encoding: "utf8",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_LOG: "log" },
  });
  expect(listed).toContain("No migrations to apply");
});

test("a migration that fails halfway leaves nothing of itself", () => {
  const bad = path.join(copy, "migrations", "9999_bad.sql");
  writeFileSync(
    bad,
    "create table half(x);\n\ninsert into half values (1);\n\ncreate table half(x);\n",
  );
  const { status, stderr } = run("scripts/migrate.ts");
  rmSync(bad);
  expect(status).toBe(1);
  expect(stderr).toContain("9999_bad.sql");
  const db = store();
  expect(db.prepare("select name from sqlite_master where name = 'half'").all()).toEqual([]);
  expect(db.prepare("select name from d1_migrations where name like '9999%'").all()).toEqual([]);
  db.close();
});

test("the mailbox shows what is in the store, newest last", () => {
  expect(run("scripts/mailbox.ts").stdout).toBe("The mailbox is empty.\n");
  const db = store();
  const insert = db.prepare(
    "insert into auth__outbox(id, recipient, subject, body, created_at) values (?, ?, ?, ?, ?)",
  );
  insert.run("3", "Ada@example.com", "Third", "https://x/3", "2026-01-01T00:00:03.000Z");
  insert.run("1", "ada@example.com", "First", "https://x/1", "2026-01-01T00:00:01.000Z");
  insert.run("2", "bob@example.com", "Second", "https://x/2", "2026-01-01T00:00:02.000Z");
  db.close();
  const subjects = (...args: string[]) => {
    const mail = JSON.parse(run("scripts/mailbox.ts", "--json", ...args).stdout);
    return mail.map((m: { subject: string }) => m.subject);
  };
  expect(subjects()).toEqual(["First", "Second", "Third"]);
  expect(subjects("--to", "ADA@example.com")).toEqual(["First", "Third"]);
  expect(subjects("--last", "2")).toEqual(["Second", "Third"]);
  expect(run("scripts/mailbox.ts").stdout).toContain("Subject: Second\n\nhttps://x/2\n");
  expect(run("scripts/mailbox.ts", "--last", "none").status).toBe(1);
});
