// The story that `npm run demo` prints, told to a server of this test; each step checks itself.
import { afterAll, beforeAll, expect, test } from "vitest";
import { seedCity } from "../../scripts/city.ts";
import { type Stage, scenes, stageAt } from "../../scripts/stage.ts";
import { Broken, story, type Told, tell } from "../../scripts/story.ts";
import { type Server, serve } from "../serve.ts";

let server: Server;

beforeAll(async () => {
  server = await serve({ AUTOCONFIRM: "true", CARD_NETWORK: "sandbox" });
  await seedCity(server.url, server.keys.SECRET_KEY);
});
afterAll(() => server?.stop());

async function telling(stage: Stage): Promise<Told[]> {
  const told: Told[] = [];
  for await (const step of tell(stage)) told.push(step);
  return told;
}

const stage = () => stageAt(server.url, server.keys);

test("it is told to its end, by every module, and others see none of it", async () => {
  const first = stage();
  const told = await telling(first);
  const steps = Object.values(story).flatMap((chapter) => Object.values(chapter).flat());
  expect(told.map(({ says }) => says).sort()).toEqual(steps.map(({ says }) => says).sort());
  expect([...new Set(told.map(({ who }) => who))]).toEqual([...new Set(Object.values(scenes))]);
  for (const { came, ms } of told) expect([came.length > 0, ms > 0]).toEqual([true, true]);
  const favourites = told.filter(({ says }) => says === "asks for favourites");
  expect(favourites.map(({ came }) => came)).toEqual(["0 of 1 row", "0 of 1 row"]);
  expect([...first.kept.rows.keys()]).toEqual([
    "staff",
    "favourites",
    "quotes",
    "quote_lines",
    "orders",
    "order_lines",
    "order_events",
    "cancellations",
    "payments",
    "refunds",
  ]);
});

test("it can be told to the same stack again, and counts its own rows alone", async () => {
  const again = stage();
  await telling(again);
  expect(Object.fromEntries(again.kept.rows)).toMatchObject({ favourites: 1, orders: 2 });
  expect(server.look((db) => db.prepare("select count(*) as n from orders").get())).toEqual({
    n: 4,
  });
});

test("what is not as it should be ends it, and says what was due and what came", async () => {
  const broken = stageAt(server.url, { ...server.keys, SECRET_KEY: server.keys.PUBLISHABLE_KEY });
  const error = await telling(broken).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(Broken);
  expect(error).toMatchObject({
    who: "Kim, in the kitchen",
    says: "is hired by the secret key",
    expected: "an answer",
    came: { code: "42501" },
  });
});

test("where addresses are confirmed by mail, the back office vouches for them", async () => {
  const strict = await serve({ AUTOCONFIRM: "false" });
  try {
    const { value: told } = await tell(stageAt(strict.url, strict.keys)).next();
    expect(told?.came).toMatch(/^ada-\w+@example\.com, signed in for 15 minutes$/);
  } finally {
    await strict.stop();
  }
});
