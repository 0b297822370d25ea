// Who is deleted takes their files along, from D1 and from R2; what is shared stays.
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { mortal, sweep } from "../mortal.ts";
import { openPlace, type Person, person, service } from "../people.ts";
import { column, keys, png, usages } from "./files.ts";

vi.spyOn(console, "error").mockImplementation(() => {});

const picture = (text = "") => new Blob([png(text)], { type: "image/png" });
const photos = (of: Person["db"]) => of.storage.from("photos");
const leave = async ({ id }: Person) =>
  expect((await service().auth.admin.deleteUser(id)).error).toBeNull();

let ada: Person;
let bob: Person;
beforeEach(async () => {
  [ada, bob] = [await person("ada"), await person("bob")];
  for (const one of [ada, bob])
    for (const file of ["a.png", "dir/b.png"])
      expect((await photos(one.db).upload(`${one.id}/${file}`, picture())).error).toBeNull();
});

async function names(bucket = "photos"): Promise<string[]> {
  const sql = "select name from storage__objects where bucket_id = ? order by name";
  const { results } = await env.DB.prepare(sql).bind(bucket).all<{ name: string }>();
  return results.map(({ name }) => name);
}

async function agree(): Promise<void> {
  expect(await keys()).toEqual(await column("storage__objects", "version"));
  expect(await column("storage__trash", "id")).toEqual([]);
  const usage = await usages();
  expect(usage.counted).toEqual(usage.true);
}

const of = (one: Person) => [`${one.id}/a.png`, `${one.id}/dir/b.png`];
const without = (all: string[], gone: string[]) => all.filter((name) => !gone.includes(name));

test("the files of who was deleted go, and nobody else's", async () => {
  const before = await names();
  const { data } = await photos(ada.db).createSignedUrl(`${ada.id}/a.png`, 600);
  await leave(ada);
  await sweep(1);
  expect(await names()).toEqual(without(before, of(ada)));
  expect((await mortal().fetch(new Request(data?.signedUrl ?? ""))).status).toBe(404);
  expect((await photos(bob.db).download(`${bob.id}/a.png`)).error).toBeNull();
  await agree();
  await sweep(2);
  expect(await names()).toEqual(without(before, of(ada)));
});

test("what the service put into their folder goes along; what they shared stays", async () => {
  const place = await openPlace({ name: "Both" }, ada, bob);
  const menu = `${place}/menu.png`;
  expect((await ada.db.storage.from("menus").upload(menu, picture())).error).toBeNull();
  const gift = `${ada.id}/gift.png`;
  expect((await photos(service()).upload(gift, picture())).error).toBeNull();
  await leave(ada);
  await sweep(1);
  expect(await names()).not.toContain(gift);
  expect(await names("menus")).toContain(menu);
  expect((await bob.db.storage.from("menus").remove([menu])).data).toHaveLength(1);
  await sweep(1);
  await agree();
});

test("all who left go in their order, also those of one moment, and each once", async () => {
  await leave(ada);
  await leave(bob);
  const at = "2026-01-01T00:00:00.000Z";
  const same = env.DB.prepare("update auth__users set deleted_at = ? where id in (?, ?)");
  await env.DB.prepare("delete from storage__erasures").run();
  await same.bind(at, ada.id, bob.id).run();
  await sweep(1);
  const erased = await column("storage__erasures", "user_id");
  expect(erased).toEqual(expect.arrayContaining([ada.id, bob.id]));
  expect(without(of(ada).concat(of(bob)), await names())).toHaveLength(4);
  const idle = mortal();
  await idle.sweep(60);
  const once = idle.rows.read;
  expect(idle.taken).not.toContain("R2 delete");
  expect(once).toBeLessThan(40);
  await agree();
});

test("nobody goes in the minute in which others may still leave before them", async () => {
  const before = await names();
  await leave(ada);
  await sweep(0);
  expect(await names()).toEqual(before);
});

test("a person of very many files goes in bounded portions", async () => {
  const insert = `insert into storage__objects(id, bucket_id, name, folder, owner_id, size,
    mime_type, created_at, version, etag, cache_control, updated_at)
    select value, 'photos', ?2 || '/' || value, ?2, ?2, 0, 'image/png', '', value, '', '', ''
    from json_each(?1)`;
  const many = Array.from({ length: 5_200 }, () => crypto.randomUUID());
  await env.DB.prepare(insert).bind(JSON.stringify(many), ada.id).run();
  await leave(ada);
  const left = async () => (await names()).filter((name) => name.startsWith(ada.id)).length;
  await sweep(1);
  expect(await left()).toBeGreaterThanOrEqual(1_202);
  expect(await column("storage__erasures", "user_id")).not.toContain(ada.id);
  for (let n = 0; n < 4; n++) await sweep(1);
  expect(await left()).toBe(0);
  expect(await column("storage__erasures", "user_id")).toContain(ada.id);
  await agree();
});

test.each(["before", "after"] as const)("a sweep that dies %s a step is taken up", async (when) => {
  for (let step = 1; ; step++) {
    const [one, other] = [await person("one"), await person("other")];
    for (const each of [one, other]) await photos(each.db).upload(of(each)[0] ?? "", picture());
    const before = await names();
    await leave(one);
    const worker = mortal({ step, when, dead: true });
    await worker.sweep(60).catch(() => {});
    await sweep(2);
    expect([step, await names()]).toEqual([step, without(before, of(one))]);
    await agree();
    if (worker.taken.length < step) break;
  }
});
