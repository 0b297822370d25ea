// scrypt, by the platform's own code, loaded on first use (it costs 12 ms at start otherwise).
import { Refusal } from "../../../kernel/errors.ts";
import { sameBytes } from "../encoding.ts";
import { formatHash, normalizePassword, parseHash, SCRYPT } from "../password.ts";

/** 16 MiB each: more at once would not fit the isolate beside its other work. */
const AT_ONCE = 2;
const WAITING = 32;
const WAIT_MS = 25;
const WAITS = 200;

/** Hashed where there is no account, so that its absence takes as long to find out. */
const NOBODY = formatHash(new Uint8Array(SCRYPT.salt_bytes), new Uint8Array(SCRYPT.hash_bytes));

let running = 0;
let waiting = 0;

/** The stored form of a password that weaknesses() let pass. */
export async function hashPassword(password: string): Promise<string> {
  const spelled = normalizePassword(password);
  if (spelled === null)
    throw new Refusal("validation_failed", { reason: "the password is too long" });
  const salt = crypto.getRandomValues(new Uint8Array(SCRYPT.salt_bytes));
  return formatHash(salt, await derive(spelled, salt, SCRYPT));
}

/** Is it the password? Takes as long without a stored hash, and then says no. */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const spelled = normalizePassword(password);
  const parsed = parseHash(stored ?? NOBODY);
  if (spelled === null || !parsed) return false;
  const same = sameBytes(await derive(spelled, parsed.salt, parsed), parsed.hash);
  return same && stored !== null;
}

interface Cost {
  log2N: number;
  r: number;
  p: number;
}

async function derive(password: string, salt: Uint8Array, cost: Cost): Promise<Uint8Array> {
  await enter();
  try {
    const { scrypt } = await import("node:crypto");
    const { log2N, r, p } = cost;
    const options = { N: 2 ** log2N, r, p, maxmem: 64 * 1024 * 1024 };
    return await new Promise((resolve, reject) => {
      scrypt(password, salt, SCRYPT.hash_bytes, options, (error, key) =>
        error ? reject(error) : resolve(new Uint8Array(key)),
      );
    });
  } finally {
    running--;
  }
}

/** Waits by looking again: a request may not wait for another, which may be cancelled. */
async function enter(): Promise<void> {
  if (running >= AT_ONCE) {
    if (waiting >= WAITING) throw busy();
    waiting++;
    try {
      for (let i = 0; running >= AT_ONCE; i++) {
        if (i >= WAITS) throw busy();
        await scheduler.wait(WAIT_MS);
      }
    } finally {
      waiting--;
    }
  }
  running++;
}

function busy(): Refusal {
  return new Refusal("request_timeout", { seconds: 5 });
}
