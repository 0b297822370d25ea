import { expect, test } from "vitest";
import { kernelCatalogue, problemOf, Refusal } from "../../src/kernel/errors.ts";

test("a title is the same for every occurrence, whatever the message names", () => {
  for (const [code, entry] of Object.entries(kernelCatalogue)) {
    const { title, message } = problemOf(new Refusal(code));
    expect(title, code).not.toMatch(/[{}]/);
    if (!/[{}]/.test(entry.message)) expect(message).toBe(entry.message);
  }
});

test("a text that lacks what it should name is left out, and an unknown code says nothing", () => {
  const hinted = new Refusal("PGRST205", {
    table: "public.shop",
    near: "Perhaps you meant 'shops'",
  });
  expect(problemOf(hinted)).toMatchObject({
    status: 404,
    title: "Could not find the table in the schema cache",
    detail: "Could not find the table 'public.shop' in the schema cache",
    hint: "Perhaps you meant 'shops'",
  });
  expect(problemOf(new Refusal("PGRST205", { table: "public.shop" })).hint).toBeNull();
  const secret = new Refusal("no such code", { value: "secret" });
  expect(problemOf(secret)).toMatchObject({ status: 500, code: "internal" });
  expect(JSON.stringify(problemOf(secret))).not.toContain("secret");
});
