import { beforeAll, expect, test } from "vitest";
import { guest, openPlace, type Person, person, service } from "../people.ts";

let ada: Person;
let bob: Person;
let id: string;

beforeAll(async () => {
  [ada, bob] = await Promise.all([person("ada"), person("bob")]);
  id = await openPlace({ name: "Thistle" });
});

const favourites = (one: Person) => one.db.from("favourites");
const allOf = async (one: Person) =>
  (await service().from("favourites").select("*").eq("user_id", one.id)).data ?? [];

test("a favourite is the caller's, without saying so", async () => {
  const place = await openPlace({ name: "First" });
  const { data, status } = await favourites(ada).insert({ restaurant_id: place }).select().single();
  expect(status).toBe(201);
  expect(data).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    user_id: ada.id,
    restaurant_id: place,
    created_at: expect.stringMatching(/Z$/),
  });
});

test("it is never another's", async () => {
  const row = { restaurant_id: id, user_id: bob.id };
  const forged = await favourites(ada).insert(row).select();
  expect([forged.status, forged.error?.code]).toEqual([403, "42501"]);
  const among = await favourites(ada).insert([{ restaurant_id: id, user_id: ada.id }, row]);
  expect(among.error?.code).toBe("42501");
  const upserted = await favourites(ada).upsert(row, {
    onConflict: "user_id,restaurant_id",
    ignoreDuplicates: true,
  });
  expect(upserted.error?.code).toBe("42501");
  expect(await allOf(bob)).toEqual([]);
});

test("nobody sees, counts or deletes another's", async () => {
  await favourites(bob).insert({ restaurant_id: await openPlace({ name: "Secret" }) });
  const [row] = await allOf(bob);
  for (const db of [ada.db, guest()]) {
    const read = await db.from("favourites").select("*", { count: "exact" }).eq("user_id", bob.id);
    expect([read.data, read.count]).toEqual([[], 0]);
  }
  const through = await ada.db.from("restaurants").select("name, favourites!inner(id)");
  expect(JSON.stringify(through.data)).not.toContain("Secret");
  await favourites(ada).delete().eq("id", row.id);
  await guest().from("favourites").delete().eq("id", row.id);
  expect(await allOf(bob)).toEqual([row]);
});

test("guests have none", async () => {
  const { status, error } = await guest().from("favourites").insert({ restaurant_id: id });
  expect([status, error?.code]).toEqual([401, "42501"]);
  expect(error?.hint).toBe("Sign in: the caller is a guest.");
});

test("a restaurant is a favourite once; to say it twice can be ignored", async () => {
  const restaurant_id = await openPlace({ name: "Twice" });
  expect((await favourites(ada).insert({ restaurant_id })).status).toBe(201);
  const again = await favourites(ada).insert({ restaurant_id });
  expect([again.status, again.error?.code]).toEqual([409, "23505"]);
  const ignored = await favourites(ada)
    .upsert({ restaurant_id }, { onConflict: "user_id,restaurant_id", ignoreDuplicates: true })
    .select();
  expect([ignored.error, ignored.data]).toEqual([null, []]);
  expect((await favourites(bob).insert({ restaurant_id })).status).toBe(201);
  expect((await favourites(ada).select().eq("restaurant_id", restaurant_id)).data).toHaveLength(1);
});

test("it does not change: it is deleted, by its owner", async () => {
  const restaurant_id = await openPlace({ name: "Fleeting" });
  await favourites(ada).insert({ restaurant_id });
  const own = favourites(ada).update({ restaurant_id: id }).eq("restaurant_id", restaurant_id);
  expect((await own).error).not.toBeNull();
  const gone = await favourites(ada).delete().eq("restaurant_id", restaurant_id).select("user_id");
  expect(gone.data).toEqual([{ user_id: ada.id }]);
  expect((await favourites(ada).select().eq("restaurant_id", restaurant_id)).data).toEqual([]);
});

test("it embeds its restaurant, and is embedded in it", async () => {
  const restaurant_id = await openPlace({ name: "Both ways" });
  await favourites(ada).insert({ restaurant_id });
  const { data } = await favourites(ada)
    .select("restaurants(name)")
    .eq("restaurant_id", restaurant_id)
    .single();
  expect(data).toEqual({ restaurants: { name: "Both ways" } });
  const back = (one: Person) =>
    one.db.from("restaurants").select("favourites(user_id)").eq("id", restaurant_id).single();
  expect((await back(ada)).data).toEqual({ favourites: [{ user_id: ada.id }] });
  expect((await back(bob)).data).toEqual({ favourites: [] });
});

test("a restaurant that does not exist is nobody's favourite", async () => {
  const { status, error } = await favourites(ada).insert({ restaurant_id: crypto.randomUUID() });
  expect([status, error?.code]).toEqual([409, "23503"]);
});

test("the service may save a favourite for a person, and must say for whom", async () => {
  const restaurant_id = await openPlace({ name: "Gift" });
  const rows = service().from("favourites");
  expect((await rows.insert({ restaurant_id })).error?.code).toBe("23502");
  expect((await rows.insert({ restaurant_id, user_id: bob.id })).error).toBeNull();
  expect((await favourites(bob).select().eq("restaurant_id", restaurant_id)).data).toHaveLength(1);
});

test("a favourite restaurant cannot vanish under it", async () => {
  const restaurant_id = await openPlace({ name: "Loved" });
  await favourites(ada).insert({ restaurant_id });
  const { status, error } = await service().from("restaurants").delete().eq("id", restaurant_id);
  expect([status, error?.code]).toEqual([409, "23503"]);
});
