import { randomBytes, randomInt, webcrypto } from "node:crypto";
import path from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Secrets are made for each run; none is ever a constant.
async function secrets() {
  const pair = (await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const jwk = await webcrypto.subtle.exportKey("jwk", pair.privateKey as webcrypto.CryptoKey);
  return {
    VTB_PUBLISHABLE_KEY: `vtb_publishable_${randomBytes(24).toString("base64url")}`,
    VTB_SECRET_KEY: `vtb_secret_${randomBytes(24).toString("base64url")}`,
    JWT_SECRET: randomBytes(48).toString("base64url"),
    AUTH_SIGNING_KEY: JSON.stringify({ ...jwk, kid: "test", alg: "ES256", use: "sig" }),
  };
}

/** Nothing is tested by how long it takes: these end what hangs, also on a busy machine. */
const patience = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
};

/** Of the property tests: `SEED=7 npm test`, or `SEED=random`; a failure tells the one it had. */
const { SEED = "1" } = process.env;
const seed = SEED === "random" ? randomInt(2 ** 31) : Number(SEED);

/** Files that serve the whole stack, by test/serve.ts. */
const served = ["test/{clients,durability}/**/*.test.ts", "test/scripts/import.test.ts"];

/** What takes longest, seconds of it: begun last, it would leave the other cores with nothing. */
const long = [
  "contract/contract",
  "storage/crash",
  "durability/durability",
  "contract/new-module",
  "scripts/migrate",
  "scripts/start",
  "scripts/demo",
  "scripts/bench",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = long.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at < 0 ? long.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig(async () => {
  const migrations = await readD1Migrations(path.join(import.meta.dirname, "migrations"));
  const bindings = {
    ...(await secrets()),
    AUTOCONFIRM: "true",
    CARD_NETWORK: "sandbox",
    TEST_MIGRATIONS: migrations,
    TEST_SEED: seed,
  };
  return {
    test: {
      // Vitest leaves one core to itself, and so half of a machine of two.
      maxWorkers: "100%",
      sequence: { sequencer: LongestFirst },
      projects: [
        {
          plugins: [
            cloudflareTest({
              wrangler: { configPath: "./wrangler.toml" },
              miniflare: { bindings },
            }),
          ],
          test: {
            name: "workers",
            include: ["test/{kernel,protocols,modules,contract,edge}/**/*.test.ts"],
            setupFiles: ["test/setup.ts"],
            ...patience,
          },
        },
        {
          test: {
            name: "node",
            include: ["test/scripts/**/*.test.ts", "test/tidy.test.ts"],
            exclude: served,
            ...patience,
          },
        },
        {
          test: {
            name: "served",
            include: served,
            globalSetup: ["test/migrated.ts"],
            ...patience,
          },
        },
      ],
    },
  };
});
