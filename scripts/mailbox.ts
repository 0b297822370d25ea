// npm run mailbox: the mail that the local stack would have sent, newest last.
import { existsSync, globSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { currentPersistDir, fail, optionsOf, say } from "./local.ts";

const help = `npm run mailbox [-- options]    the mail of the local stack, newest last

--to ADDRESS     only mail to this address
--last N         only the newest N
--json           one JSON array
--persist DIR    the local store (default: that of the running or last npm start)`;

interface Mail {
  id: string;
  recipient: string;
  subject: string;
  body: string;
  created_at: string;
}

const { values } = optionsOf(help, {
  options: {
    to: { type: "string" },
    last: { type: "string" },
    json: { type: "boolean" },
    persist: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

if (values.help) say(help);
else show(readMail());

function show(mail: Mail[]): void {
  if (values.json) say(JSON.stringify(mail, null, 2));
  else if (mail.length === 0) say("The mailbox is empty.");
  else for (const one of mail) say(letter(one));
}

function letter({ recipient, subject, body, created_at }: Mail): string {
  const head = `To: ${recipient}\nDate: ${created_at}\nSubject: ${subject}`;
  return `${head}\n\n${body}\n${"-".repeat(72)}`;
}

function readMail(): Mail[] {
  const last = Number(values.last ?? 1000);
  if (!Number.isInteger(last) || last < 1) fail("--last is a whole number from 1");
  const db = openMailStore(currentPersistDir(values.persist));
  const rows = db
    .prepare(
      `select id, recipient, subject, body, created_at from auth__outbox
       where ?1 is null or lower(recipient) = lower(?1) order by created_at desc, id desc limit ?2`,
    )
    .all(values.to ?? null, last) as unknown[];
  db.close();
  return (rows as Mail[]).reverse();
}

/** The database file itself, read beside the running server: SQLite lets one write, others read. */
function openMailStore(persist: string): DatabaseSync {
  const folder = path.join(persist, "v3", "d1");
  for (const file of globSync("*/*.sqlite", { cwd: folder }).filter((f) => !/metadata/.test(f))) {
    const db = new DatabaseSync(path.join(folder, file), { readOnly: true });
    const found = db.prepare("select 1 from sqlite_master where name = 'auth__outbox'").get();
    if (found) return db;
    db.close();
  }
  if (!existsSync(folder)) fail(`There is no local store in ${persist} yet: npm start makes it.`);
  return fail(`The store in ${persist} has no mailbox yet: npm run migrate.`);
}
