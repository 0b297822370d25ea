// What takes as long cannot be timed: known and unknown addresses cost the same trips and hashes.
import * as crypto from "node:crypto";
import { expect, test, vi } from "vitest";
import { call, newEmail, newPerson, password, serve } from "./app.ts";
import { overTrips } from "./trips.ts";

vi.mock("node:crypto", async (original) => {
  const real = await original<typeof import("node:crypto")>();
  return { ...real, scrypt: vi.fn(real.scrypt) };
});

const flows: [path: string, body: object, hashes: number][] = [
  ["/token?grant_type=password", { password: "not it at all" }, 1],
  ["/signup", { password }, 1],
  ["/recover", {}, 0],
  ["/resend", { type: "signup" }, 0],
  ["/verify", { type: "recovery", token: "000000" }, 0],
];

test.each(flows)(
  "%s costs the same for a known and an unknown address",
  async (path, body, hashes) => {
    let batches = 0;
    const db = overTrips(async (go) => {
      batches++;
      return go();
    });
    const to = serve({ AUTOCONFIRM: "false" }, db);
    const cost = async (email: string) => {
      batches = 0;
      vi.mocked(crypto.scrypt).mockClear();
      const answer = await call("POST", path, { body: { ...body, email }, serve: to });
      return { status: answer.status, batches, hashes: vi.mocked(crypto.scrypt).mock.calls.length };
    };
    const { email } = await newPerson();
    const [unknown, known] = [await cost(newEmail()), await cost(email)];
    expect(known).toEqual(unknown);
    expect(known.hashes).toBe(hashes);
    expect(known.batches).toBeGreaterThan(0);
  },
);
