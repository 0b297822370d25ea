// The cron's handler on the real Worker.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, serve } from "../serve.ts";

let server: Server;
beforeAll(async () => {
  server = await serve();
});
afterAll(() => server.stop());

test("a sweep is one of the service's transactions, and fails at nothing", async () => {
  const newest = () =>
    server.look((db) => db.prepare("select max(seq) as seq from _tx where actor='service'").get());
  const before = await newest();
  await server.sweep();
  expect(Number((await newest())?.seq)).toBeGreaterThan(Number(before?.seq ?? 0));
});
