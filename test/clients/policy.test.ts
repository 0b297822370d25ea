// Who may see and change what, over HTTP: a guest, the staff of two restaurants, the secret key;
// and what each kind of key or token is taken for.
import { createHmac, createPrivateKey, sign } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Server, serve } from "../serve.ts";
import {
  accessTokenOf,
  bearer,
  type Client,
  clientOf,
  guest,
  newEmail,
  newPassword,
  type Person,
  restaurant,
  service,
  signUp,
} from "./callers.ts";

let server: Server;
let ada: Person;
let bob: Person;
let eve: Person;
const places = { ada: "", bob: "" };

beforeAll(async () => {
  server = await serve({ AUTOCONFIRM: "true" });
  const named = (name: string) => signUp(server, name);
  [ada, bob, eve] = await Promise.all([named("ada"), named("bob"), named("eve")]);
});
afterAll(() => server?.stop());

beforeEach(async () => {
  const db = service(server);
  const rows = [restaurant({ name: "Ada's" }), restaurant({ name: "Bob's" })];
  const { data } = await db.from("restaurants").insert(rows).select("id").throwOnError();
  [places.ada, places.bob] = [data[0]?.id ?? "", data[1]?.id ?? ""];
  const seats = [
    { restaurant_id: places.ada, user_id: ada.id, role: "manager" },
    { restaurant_id: places.bob, user_id: bob.id, role: "member" },
  ];
  await db.from("staff").insert(seats).throwOnError();
});

const dish = (restaurant_id: string, name = "Soup") => ({
  restaurant_id,
  name,
  price_minor: 500,
  currency: "GBP",
});
const dishesOf = async (place: string) => {
  const { data } = await guest(server)
    .from("menu_items")
    .select("name, price_minor")
    .eq("restaurant_id", place)
    .order("name")
    .throwOnError();
  return data;
};

describe("two people and a guest", () => {
  test("each writes the menu of their own restaurant, and everybody reads both", async () => {
    expect((await ada.client.from("menu_items").insert(dish(places.ada))).status).toBe(201);
    expect((await bob.client.from("menu_items").insert(dish(places.bob))).status).toBe(201);
    expect(await dishesOf(places.ada)).toEqual([{ name: "Soup", price_minor: 500 }]);
    const across = await ada.client.from("menu_items").insert(dish(places.bob, "Worm"));
    expect(across).toMatchObject({ status: 403, error: { code: "42501" } });
    const asGuest = await guest(server).from("menu_items").insert(dish(places.bob, "Worm"));
    expect(asGuest).toMatchObject({ status: 401, error: { code: "42501" } });
    expect(await dishesOf(places.bob)).toEqual([{ name: "Soup", price_minor: 500 }]);
  });

  test("one forbidden row among many refuses them all", async () => {
    const rows = [dish(places.ada, "Fine"), dish(places.bob, "Worm")];
    const { error } = await ada.client.from("menu_items").insert(rows);
    expect(error?.code).toBe("42501");
    expect(await dishesOf(places.ada)).toEqual([]);
  });

  test("changing another's rows touches none; moving a row away is refused", async () => {
    await service(server)
      .from("menu_items")
      .insert([dish(places.ada), dish(places.bob)])
      .throwOnError();
    const raised = await ada.client
      .from("menu_items")
      .update({ price_minor: 1 }, { count: "exact" })
      .in("restaurant_id", [places.ada, places.bob])
      .select("restaurant_id");
    expect(raised).toMatchObject({ count: 1, data: [{ restaurant_id: places.ada }] });
    const deleted = await ada.client
      .from("menu_items")
      .delete({ count: "exact" })
      .eq("restaurant_id", places.bob);
    expect(deleted).toMatchObject({ count: 0, status: 204 });
    expect(await dishesOf(places.bob)).toEqual([{ name: "Soup", price_minor: 500 }]);
    const moved = await ada.client
      .from("menu_items")
      .update({ restaurant_id: places.bob })
      .eq("restaurant_id", places.ada);
    expect(moved.error).not.toBeNull();
    expect(await dishesOf(places.ada)).toEqual([{ name: "Soup", price_minor: 1 }]);
  });

  test("an upsert that meets another's row is refused, and the row stays", async () => {
    const { data } = await service(server)
      .from("menu_items")
      .insert(dish(places.bob))
      .select("id")
      .single();
    const { error } = await ada.client
      .from("menu_items")
      .upsert({ ...dish(places.ada, "Stolen"), id: data?.id ?? "" });
    expect(error?.code).toBe("42501");
    expect(await dishesOf(places.bob)).toEqual([{ name: "Soup", price_minor: 500 }]);
  });

  test("what one may not see is not there: rows, counts, embeds, filters on embeds", async () => {
    const seats = (client: Client) => client.from("staff").select("user_id", { count: "exact" });
    const own = await seats(ada.client).eq("restaurant_id", places.ada);
    expect(own).toMatchObject({ count: 1, data: [{ user_id: ada.id }] });
    for (const client of [bob.client, eve.client, guest(server)]) {
      const foreign = await seats(client).eq("restaurant_id", places.ada);
      expect(foreign.data ?? []).toEqual([]);
      expect(JSON.stringify(foreign)).not.toContain(ada.id);
    }
    const embedded = await bob.client
      .from("restaurants")
      .select("name, staff(user_id)")
      .eq("id", places.ada);
    expect(embedded.data).toEqual([{ name: "Ada's", staff: [] }]);
    const probed = await bob.client
      .from("restaurants")
      .select("name, staff!inner(role)")
      .eq("staff.user_id", ada.id);
    expect(probed.data).toEqual([]);
  });

  test("rights are rows: given and taken, they hold with the very next request", async () => {
    const db = service(server);
    const write = () => eve.client.from("menu_items").insert(dish(places.ada, "Guest dish"));
    expect((await write()).status).toBe(403);
    const seat = { restaurant_id: places.ada, user_id: eve.id };
    await db.from("staff").insert(seat).throwOnError();
    expect((await write()).status).toBe(201);
    await db.from("staff").delete().match(seat).throwOnError();
    expect((await write()).status).toBe(403);
  });

  test("read-only and set-once columns are for the service", async () => {
    const rated = await ada.client.from("restaurants").update({ rating: 5 }).eq("id", places.ada);
    expect(rated).toMatchObject({ status: 400, error: { code: "428C9" } });
    const db = service(server);
    const byService = await db.from("restaurants").update({ rating: 5 }).eq("id", places.ada);
    expect(byService.status).toBe(204);
  });
});

describe("keys", () => {
  test("the secret key and its older form write; the publishable ones read", async () => {
    const { PUBLISHABLE_KEY, SECRET_KEY, ANON_KEY, SERVICE_ROLE_KEY } = server.keys;
    for (const key of [SECRET_KEY, SERVICE_ROLE_KEY]) {
      const { status } = await clientOf(server, key).from("menu_items").insert(dish(places.ada));
      expect(status).toBe(201);
    }
    for (const key of [PUBLISHABLE_KEY, ANON_KEY]) {
      const client = clientOf(server, key);
      expect((await client.from("menu_items").insert(dish(places.ada))).status).toBe(401);
      const { data } = await client
        .from("menu_items")
        .select("name")
        .eq("restaurant_id", places.ada);
      expect(data).toHaveLength(2);
    }
  });

  test("people sign up, in and write through the older publishable key too", async () => {
    const client = clientOf(server, server.keys.ANON_KEY);
    const [email, password] = [newEmail("older"), newPassword()];
    expect((await client.auth.signUp({ email, password })).error).toBeNull();
    expect((await client.from("menu_items").insert(dish(places.ada))).status).toBe(403);
  });

  test("unknown, forged and self-made keys are 401", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const body = `${part({ alg: "HS256", typ: "JWT" })}.${part({ role: "service_role", exp })}`;
    const forged = `${body}.${createHmac("sha256", "guessed").update(body).digest("base64url")}`;
    const none = `${part({ alg: "none", typ: "JWT" })}.${part({ role: "service_role", exp })}.`;
    const { SECRET_KEY } = server.keys;
    for (const key of ["vtb_secret_guess", `${SECRET_KEY}x`, forged, none, "anon"]) {
      const answer = await clientOf(server, key).from("restaurants").select("id");
      expect(answer, key.slice(0, 20)).toMatchObject({ status: 401, error: { code: "PGRST301" } });
    }
  });
});

describe("access tokens", () => {
  /** A token as the server makes it, but for these claims or this key. */
  const forge = async (claims: object, header: object = {}) => {
    const [head = "", body = ""] = (await accessTokenOf(ada.client)).split(".");
    const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ ...read(head), ...header })}.${part({ ...read(body), ...claims })}`;
    const jwk = JSON.parse(server.secrets.AUTH_SIGNING_KEY ?? "");
    const key = createPrivateKey({ key: jwk, format: "jwk" });
    const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  };
  const ask = (token: string) => bearer(server, token).from("restaurants").select("id").limit(1);

  test("an honest one is taken, so that what follows is refused for its own reason", async () => {
    expect(await ask(await forge({}))).toMatchObject({ status: 200, error: null });
  });

  test("expired, foreign and half-made ones are 401, for reads too", async () => {
    const past = Math.floor(Date.now() / 1000) - 3600;
    const stale = [
      await forge({ exp: past }),
      await forge({ exp: "soon" }),
      await forge({ exp: undefined }),
      await forge({ iss: "https://elsewhere.example/auth/v2" }),
      await forge({ aud: "somebody" }),
      await forge({ role: "service_role" }),
      await forge({ session_id: undefined }),
      await forge({}, { kid: "another" }),
      await forge({}, { typ: "JWT" }),
      `${await forge({})}x`,
      "a.b.c",
    ];
    for (const [i, token] of stale.entries()) {
      const { status, error } = await ask(token);
      expect({ i, status }).toEqual({ i, status: 401 });
      expect(error?.code).toMatch(/^PGRST30[13]$/);
    }
  });

  test("a client that wakes up with an expired token refreshes by itself", async () => {
    const person = await signUp(server, "sleeper");
    const { session } = (await person.client.auth.getSession()).data;
    const claims = await person.client.auth.getClaims();
    const past = Math.floor(Date.now() / 1000) - 60;
    const access_token = await forge({ ...claims.data?.claims, exp: past });
    const client = guest(server);
    const woken = await client.auth.setSession({
      access_token,
      refresh_token: session?.refresh_token ?? "",
    });
    expect(woken.error).toBeNull();
    expect(woken.data.session?.access_token).not.toBe(access_token);
    expect((await client.auth.getUser()).data.user?.id).toBe(person.id);
  });

  test("an ended session is refused at once for the write that worked before", async () => {
    const person = await signUp(server, "leaver");
    const seat = { restaurant_id: places.ada, user_id: person.id };
    await service(server).from("staff").insert(seat).throwOnError();
    const token = await accessTokenOf(person.client);
    const held = bearer(server, token);
    expect((await held.from("menu_items").insert(dish(places.ada, "Before"))).status).toBe(201);
    await person.client.auth.signOut();
    const after = await held.from("menu_items").insert(dish(places.ada, "After"));
    expect(after).toMatchObject({ status: 401, error: { code: "session_not_found" } });
    expect(await dishesOf(places.ada)).toEqual([{ name: "Before", price_minor: 500 }]);
    const asked = await guest(server).auth.getUser(token);
    expect(asked.error).toMatchObject({ name: "AuthSessionMissingError" });
  });
});
