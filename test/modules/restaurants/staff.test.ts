import { beforeAll, expect, test } from "vitest";
import { guest, openPlace, type Person, person, service } from "../people.ts";

let cook: Person;
let waiter: Person;
let rival: Person;
let id: string;

beforeAll(async () => {
  [cook, waiter, rival] = await Promise.all([person("cook"), person("waiter"), person("rival")]);
  id = await openPlace({ name: "Ours" }, cook, waiter);
  await openPlace({ name: "Theirs" }, rival);
});

test("colleagues see each other, and nobody else sees them", async () => {
  const seen = async (db: Person["db"]) => {
    const { data, count } = await db.from("staff").select("user_id", { count: "exact" });
    expect(count).toBe(data?.length);
    return data?.map((row) => row.user_id).sort();
  };
  expect(await seen(cook.db)).toEqual([cook.id, waiter.id].sort());
  expect(await seen(waiter.db)).toEqual([cook.id, waiter.id].sort());
  expect(await seen(rival.db)).toEqual([rival.id]);
  expect(await seen(guest())).toEqual([]);
});

test("an embed shows no more of them than the table itself", async () => {
  const embedded = (db: Person["db"]) =>
    db.from("restaurants").select("staff(user_id)").eq("id", id).single();
  expect((await embedded(guest())).data).toEqual({ staff: [] });
  expect((await embedded(rival.db)).data).toEqual({ staff: [] });
  expect((await embedded(cook.db)).data?.staff).toHaveLength(2);
});

test("nobody hires, promotes or dismisses but the service", async () => {
  const row = { restaurant_id: id, user_id: rival.id };
  for (const { db } of [rival, cook]) {
    expect((await db.from("staff").insert(row)).error?.code).toBe("42501");
    expect(
      (await db.from("staff").update({ role: "manager" }).eq("restaurant_id", id)).error?.code,
    ).toBe("42501");
    expect((await db.from("staff").delete().eq("restaurant_id", id)).error?.code).toBe("42501");
  }
  const { data } = await service().from("staff").select("role").eq("restaurant_id", id);
  expect(data).toEqual([{ role: "member" }, { role: "member" }]);
});

test("a person works once for a restaurant", async () => {
  const again = await service().from("staff").insert({ restaurant_id: id, user_id: cook.id });
  expect([again.status, again.error?.code]).toEqual([409, "23505"]);
});

test("who is dismissed may no longer write, at once", async () => {
  const price = () =>
    cook.db.from("restaurants").update({ prep_minutes: 5 }).eq("id", id).select("id");
  expect((await price()).data).toEqual([{ id }]);
  await service().from("staff").delete().eq("user_id", cook.id);
  expect((await price()).data).toEqual([]);
});
