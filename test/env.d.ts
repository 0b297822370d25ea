// What tests in workerd are bound to: see wrangler.toml and vitest.config.ts.
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("../src/index.ts");
  }
  interface Env {
    DB: D1Database;
    FILES: R2Bucket;
    RL_EDGE: RateLimit;
    VTB_PUBLISHABLE_KEY: string;
    VTB_SECRET_KEY: string;
    JWT_SECRET: string;
    AUTH_SIGNING_KEY: string;
    AUTOCONFIRM: string;
    TEST_SEED: number;
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}
