// What goes wrong, as the client tells it: codes and sentences, never a crash, never an internal.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, serve } from "../serve.ts";
import { type Client, clientOf, guest, restaurant, service } from "./callers.ts";

let server: Server;
let db: Client;
let place: string;

beforeAll(async () => {
  server = await serve();
  db = service(server);
  const made = db.from("restaurants").insert(restaurant()).select("id").single();
  place = (await made.throwOnError()).data.id;
});
afterAll(() => server?.stop());

const dish = { name: "Soup", price_minor: 500, currency: "GBP" };
const nobody = "00000000-0000-7000-8000-000000000000";

/** What the declared types of the app would not let through. */
interface Untyped {
  from(table: string): {
    select(columns?: string): PromiseLike<Answer>;
    insert(rows: object): PromiseLike<Answer>;
    upsert(rows: object, options: object): PromiseLike<Answer>;
  };
  schema(name: string): Untyped;
}
interface Answer {
  status: number;
  error: { code: string; message: string; details: string | null; hint: string | null };
}
const untyped = () => db as unknown as Untyped; // the server must answer whatever is sent

describe("refusals of data", () => {
  const cases: [string, number, string, () => PromiseLike<unknown>][] = [
    ["an unknown table", 404, "PGRST205", () => untyped().from("nothing").select()],
    ["a table of accounts", 404, "PGRST205", () => untyped().from("auth__users").select()],
    ["a table of the kernel", 404, "PGRST205", () => untyped().from("_tx").select()],
    [
      "a schema not exposed",
      406,
      "PGRST106",
      () => untyped().schema("auth").from("users").select(),
    ],
    ["an unknown column", 400, "42703", () => untyped().from("restaurants").select("nothing")],
    [
      "an unknown column of a new row",
      400,
      "PGRST204",
      () =>
        untyped()
          .from("restaurants")
          .insert({ ...restaurant(), nothing: 1 }),
    ],
    ["a broken select list", 400, "PGRST100", () => untyped().from("restaurants").select("id,(")],
    ["text for a uuid", 400, "22P02", () => db.from("restaurants").select().eq("id", "x")],
    ["a fraction for an integer", 400, "22P02", () => insert({ price_minor: 1.5 })],
    ["a null that must not be", 400, "23502", () => untyped().from("menu_items").insert({})],
    ["a check", 400, "23514", () => insert({ price_minor: -1 })],
    ["a parent that is not there", 409, "23503", () => insert({ restaurant_id: nobody })],
    [
      "a duplicate key",
      409,
      "23505",
      () => db.from("restaurants").insert(restaurant({ id: place })),
    ],
    [
      "a conflict target that is not unique",
      400,
      "42P10",
      () => untyped().from("restaurants").upsert(restaurant(), { onConflict: "cuisine" }),
    ],
    [
      "one key twice in an upsert",
      400,
      "21000",
      () => db.from("restaurants").upsert([restaurant({ id: place }), restaurant({ id: place })]),
    ],
    [
      "an operator unfit for the column",
      404,
      "42883",
      () => db.from("restaurants").select().like("lat", "5%"),
    ],
  ];
  const insert = (values: object) =>
    untyped()
      .from("menu_items")
      .insert({ ...dish, restaurant_id: place, ...values });

  test.each(cases)("%s: %i %s", async (_, status, code, ask) => {
    const answer = (await ask()) as Answer;
    expect({ status: answer.status, code: answer.error?.code }).toEqual({ status, code });
    const { message, details, hint } = answer.error;
    expect(message).toMatch(/^\w.* \w/);
    for (const text of [details, hint]) expect(text === null || text.length > 0).toBe(true);
    expect(JSON.stringify(answer.error)).not.toMatch(/SQLITE|D1_ERROR|select .* from|\.ts\b/i);
  });

  test("the whole problem is RFC 9457's, with the four questions beside it", async () => {
    const answer = await fetch(`${server.url}/rest/v1/nothing`, {
      headers: { apikey: server.keys.PUBLISHABLE_KEY },
    });
    expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    const problem = (await answer.json()) as Answer["error"];
    expect(problem).toEqual({
      type: "/errors/PGRST205",
      title: expect.any(String),
      status: 404,
      detail: problem.message,
      instance: `urn:uuid:${answer.headers.get("x-request-id")}`,
      code: "PGRST205",
      message: "Could not find the table 'public.nothing' in the schema cache",
      details: null,
      hint: null,
    });
  });

  test("a form that a table does not have, or that is not for the caller", async () => {
    const refused = { status: 406, data: null, error: { code: "PGRST107" } };
    expect(await db.from("menu_items").select("id").geojson()).toMatchObject(refused);
    expect(await guest(server).from("restaurants").select("id").explain()).toMatchObject(refused);
  });

  test("maxAffected undoes a write that reaches too far", async () => {
    const rows = [1, 2, 3].map((n) => restaurant({ city: "Far", name: `F${n}` }));
    await db.from("restaurants").insert(rows).throwOnError();
    const change = (max: number) => {
      const far = db.from("restaurants").update({ cuisine: "Changed" }).eq("city", "Far");
      return far.maxAffected(max) as unknown as PromiseLike<Answer>; // typed for PostgREST 13 alone
    };
    expect((await change(2)).error.code).toBe("PGRST124");
    expect((await db.from("restaurants").select().eq("cuisine", "Changed")).data).toEqual([]);
    expect((await change(3)).error).toBeNull();
  });

  test("an aborted request is an error of the client, and the next one is served", async () => {
    const gone = new AbortController();
    gone.abort();
    const aborted = await db.from("restaurants").select("id").abortSignal(gone.signal);
    expect(aborted).toMatchObject({ data: null, error: { message: /abort/i } });
    const late = new AbortController();
    const pending = db.from("restaurants").select("id").abortSignal(late.signal);
    setTimeout(() => late.abort(), 1);
    await pending;
    expect(
      (await db.from("restaurants").select("id").abortSignal(new AbortController().signal)).error,
    ).toBeNull();
  });

  test("throwOnError throws the same error", async () => {
    const asking = untyped().from("nothing").select() as unknown as {
      throwOnError(): Promise<void>;
    };
    await expect(asking.throwOnError()).rejects.toMatchObject({
      name: "PostgrestError",
      code: "PGRST205",
    });
  });
});

describe("what is not there yet", () => {
  const notFound = { status: 404, code: "not_found" };

  test("functions: invoking one is an HTTP error with the problem in it", async () => {
    const { data, error } = await guest(server).functions.invoke("unknown", { body: { a: 1 } });
    expect(data).toBeNull();
    expect(error).toMatchObject({ name: "FunctionsHttpError", context: { status: 404 } });
    expect(await error.context.json()).toMatchObject(notFound);
  });

  test("realtime: a channel reports that it could not join", async () => {
    const client = clientOf(server, server.keys.PUBLISHABLE_KEY);
    const status = await new Promise((resolve) => {
      client.channel("room").subscribe((state) => resolve(state), 2_000);
    });
    expect(["CHANNEL_ERROR", "TIMED_OUT"]).toContain(status);
    await client.removeAllChannels();
    client.realtime.disconnect();
    const answer = await fetch(`${server.url}/realtime/v1/websocket`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject(notFound);
  });

  test("and the server serves on", async () => {
    expect((await guest(server).from("restaurants").select("id")).error).toBeNull();
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });
});
