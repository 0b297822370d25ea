// Rights are rows: they are asked before the bytes come, and again when they are there.
import { expect, test } from "vitest";
import { mortal, sweep } from "../mortal.ts";
import { openPlace, person, service } from "../people.ts";
import { column, keys, png, refusal, slow, underWay } from "./files.ts";

const options = { contentType: "image/png" };
const tokenOf = async (one: Awaited<ReturnType<typeof person>>) =>
  (await one.db.auth.getSession()).data.session?.access_token ?? "";

test("what may not be uploaded is never stored, nor read to its end", async () => {
  const [ada, bob] = [await person("ada"), await person("bob")];
  const worker = mortal();
  const from = worker.as(await tokenOf(ada)).storage.from("photos");
  const { error } = await from.upload(`${bob.id}/a.png`, png(), options);
  expect(refusal(error)).toBe("403 AccessDenied 403");
  expect(worker.taken).toEqual(["D1 batch", "D1 batch"]);
  expect(await column("storage__uploads", "id")).toEqual([]);
});

test("who may not write is told what the bucket asks for, and no more", async () => {
  const [ada, bob] = [await person("ada"), await person("bob")];
  const from = ada.db.storage.from("photos");
  await from.upload(`${ada.id}/a.png`, png(), options);
  await bob.db.storage.from("photos").upload(`${bob.id}/there.png`, png(), options);
  const bodies = [
    await from.upload("me.png", png(), options),
    await from.upload("me.png", png(), { ...options, upsert: true }),
    await from.upload(`${bob.id}/there.png`, png(), options),
    await from.upload(`${bob.id}/not.png`, png(), options),
    await from.createSignedUploadUrl("me.png"),
    await from.move(`${ada.id}/a.png`, "me.png"),
    await from.copy(`${ada.id}/a.png`, "me.png"),
  ].map(({ error }) => `${refusal(error)}: ${error?.message}`);
  const words = "new row violates row-level security policy";
  const hint = "in this bucket, files lie under <user id>/…";
  expect(new Set(bodies)).toEqual(new Set([`403 AccessDenied 403: ${words}: ${hint}`]));
  await service().storage.createBucket("mute", { public: true });
  const { error } = await ada.db.storage.from("mute").upload("me.png", png(), options);
  expect(error?.message).toBe(words);
});

test.each(["upload", "update"] as const)("%s: rights that end meanwhile are gone", async (verb) => {
  const ada = await person("ada");
  const place = await openPlace({ name: "Ada's" }, ada);
  const name = `${place}/menu.png`;
  if (verb === "update") await ada.db.storage.from("menus").upload(name, png("old!"), options);
  const before = await keys();
  const worker = mortal();
  const { body, end } = slow();
  const from = worker.as(await tokenOf(ada)).storage.from("menus");
  const upsert = verb === "update" ? { upsert: true } : {};
  const going = from.upload(name, body, { ...options, ...upsert });
  await underWay();
  await service().from("staff").delete().eq("restaurant_id", place);
  end();
  expect(refusal((await going).error)).toBe("403 AccessDenied 403");
  await worker.settled();
  expect(await keys()).toEqual(before);
  await sweep(25);
  expect(await keys()).toEqual(await column("storage__objects", "version"));
});

test("a session that ends meanwhile stores nothing", async () => {
  const eve = await person("eve");
  const worker = mortal();
  const { body, end } = slow();
  const from = worker.as(await tokenOf(eve)).storage.from("photos");
  const going = from.upload(`${eve.id}/a.png`, body, options);
  await underWay();
  await eve.db.auth.signOut();
  end();
  expect(refusal((await going).error)).toMatch(/^401 session_not_found/);
  await worker.settled();
  expect(await keys()).toEqual(await column("storage__objects", "version"));
});

test("a bucket deleted meanwhile takes nothing more", async () => {
  const { storage } = service();
  await storage.createBucket("brief", { public: true });
  const { body, end } = slow();
  const going = storage.from("brief").upload("a.png", body, options);
  await underWay();
  expect(refusal((await storage.deleteBucket("brief")).error)).toBe("409 BucketNotEmpty 409");
  end();
  expect((await going).error).toBeNull();
});
