// Who does what at once: every acknowledged act stands, and nobody reaches beyond their rights.
import { expect, test } from "vitest";
import { mortal, sweep } from "../mortal.ts";
import { type Person, person, service } from "../people.ts";
import { column, keys, png, refusal, slow, underWay } from "./files.ts";

const options = { contentType: "image/png" };
const small = (text: string) => new Blob([png(text)], { type: "image/png" });
const photos = (client: Person["db"]) => client.storage.from("photos");

async function ends(from: ReturnType<typeof photos>, name: string): Promise<string> {
  const { data } = await from.download(name);
  return data ? (await data.slice(-4).text()).slice(-4) : "nothing";
}

async function agree(): Promise<void> {
  await sweep(25);
  expect(await keys()).toEqual(await column("storage__objects", "version"));
}

test("a file that moves away while its successor comes keeps its bytes", async () => {
  const ada = await person("ada");
  const [a, b] = [`${ada.id}/a.png`, `${ada.id}/b.png`];
  const from = photos(ada.db);
  await from.upload(a, small("old!"));
  const { body, end } = slow("new!");
  const going = from.upload(a, body, { ...options, upsert: true });
  await underWay();
  expect((await from.move(a, b)).error).toBeNull();
  end();
  expect((await going).error).toBeNull();
  expect([await ends(from, a), await ends(from, b)]).toEqual(["new!", "old!"]);
  await agree();
});

test.each(["upsert", "replace"])("%s takes nothing out of another bucket", async (mode) => {
  const ada = await person("ada");
  const name = `${ada.id}/kept.png`;
  const { storage } = service();
  const vault = `vault-${mode}`;
  await storage.createBucket(vault, { public: false });
  await photos(ada.db).upload(name, small("old!"));
  const { body, end } = slow("new!");
  const from = photos(ada.db);
  const upsert = { ...options, upsert: true };
  const going =
    mode === "upsert" ? from.upload(name, body, upsert) : from.update(name, body, options);
  await underWay();
  const away = { destinationBucket: vault };
  expect((await storage.from("photos").move(name, "archived.png", away)).error).toBeNull();
  end();
  const answer = mode === "upsert" ? "undefined undefined undefined" : "404 NoSuchKey 404";
  expect(refusal((await going).error)).toBe(answer);
  expect(await ends(storage.from(vault), "archived.png")).toBe("old!");
  expect(await ends(from, name)).toBe(mode === "upsert" ? "new!" : "nothing");
  await agree();
});

test("what is removed by an old name does not go by its new one", async () => {
  const ada = await person("ada");
  const from = photos(ada.db);
  const token = (await ada.db.auth.getSession()).data.session?.access_token ?? "";
  await from.upload(`${ada.id}/p.png`, small("kept"));
  // It has read the row, and not yet removed it.
  const meanwhile = () => from.move(`${ada.id}/p.png`, `${ada.id}/q.png`);
  const worker = mortal({ step: 2, meanwhile });
  const removed = await photos(worker.as(token)).remove([`${ada.id}/p.png`]);
  expect([removed.error, removed.data]).toEqual([null, []]);
  expect(await ends(from, `${ada.id}/q.png`)).toBe("kept");
  await agree();
});

const look = "D1 batch, D1 batch";
test.each([
  ["before the bytes", 2, `${look}, ${look}, R2 put, D1 batch`],
  ["after them", 4, `${look}, R2 put, D1 batch, ${look}`],
])("who finds a name taken since it was read asks anew: %s", async (_, step, taken) => {
  const ada = await person("ada");
  const name = `${ada.id}/one.png`;
  const token = (await ada.db.auth.getSession()).data.session?.access_token ?? "";
  const put = (from: ReturnType<typeof photos>, text: string) =>
    from.upload(name, small(text), { upsert: true });
  const worker = mortal({ step, meanwhile: () => put(photos(ada.db), "1st!") });
  expect((await put(photos(worker.as(token)), "last")).error).toBeNull();
  expect(worker.taken.join(", ")).toContain(taken);
  expect(await ends(photos(ada.db), name)).toBe("last");
  await agree();
});
