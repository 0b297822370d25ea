// Everything a run needs: Workers that are built, stores that are loaded, servers that answer.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { cpSync } from "node:fs";
import path from "node:path";
import { applyMigrations } from "../scripts/apply-migrations.ts";
import { type Built, build } from "./build.ts";
import { dropTriggers, inDatabase, loadRestaurants } from "./data/load.ts";
import { populate, type Wanted, type World } from "./data/world.ts";
import { type Profiled, type Served, serve, serveProfiled } from "./serve.ts";

export interface Workers {
  vertebra: Built;
  counted: Built;
  limit: Built;
  byHand: Built;
}

const entry = (name: string) => path.join(import.meta.dirname, "workers", `${name}.ts`);

export async function buildWorkers(folder: string): Promise<Workers> {
  const [vertebra, counted, limit, byHand] = await Promise.all([
    build(folder),
    build(folder, entry("counted")),
    build(folder, entry("limit")),
    build(folder, entry("by-hand")),
  ]);
  return { vertebra, counted, limit, byHand };
}

export function newSecrets(): Record<string, string> {
  const random = (bytes: number) => randomBytes(bytes).toString("base64url");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { ...privateKey.export({ format: "jwk" }), kid: random(8), alg: "ES256", use: "sig" };
  return {
    VTB_PUBLISHABLE_KEY: `vtb_publishable_${random(24)}`,
    VTB_SECRET_KEY: `vtb_secret_${random(32)}`,
    JWT_SECRET: random(48),
    AUTH_SIGNING_KEY: JSON.stringify(jwk),
  };
}

/** Stores of one run, each beside the others in a folder. */
export class Stage {
  readonly secrets = newSecrets();
  readonly folder: string;
  private readonly workers: Partial<Workers>;
  private migrated = false;

  constructor(folder: string, workers: Partial<Workers>) {
    this.folder = folder;
    this.workers = workers;
  }

  /** A store with so many restaurants, and people in it. */
  async load(
    restaurants: number,
    wanted: Wanted,
    progress: (text: string) => void,
  ): Promise<World> {
    const store = this.store(`loaded-${restaurants}`);
    if (!this.migrated) await applyMigrations(this.folder);
    this.migrated = true;
    cpSync(path.join(this.folder, "v3"), store, { recursive: true });
    loadRestaurants(store, restaurants, (done) =>
      progress(`${done} of ${restaurants} restaurants`),
    );
    const server = await serve("counted", this.code("counted"), store, this.secrets);
    progress("people, favourites and quotes");
    try {
      return await populate(server.url, this.secrets, restaurants, wanted);
    } finally {
      await server.stop();
    }
  }

  /** A server on a copy of that store. */
  async serve(worker: keyof Workers, { restaurants }: World): Promise<Served> {
    const name = worker === "byHand" ? "by-hand" : worker;
    const store = this.copy(name, restaurants);
    if (worker === "byHand") inDatabase(store, asWrittenByHand);
    return serve(name, this.code(worker), store, this.secrets);
  }

  /** Vertebra with an inspector, on a copy of that store. */
  profiled({ restaurants }: World): Promise<Profiled> {
    const files = { "vertebra.js": this.code("vertebra") };
    const store = this.copy("profiled", restaurants);
    return serveProfiled("vertebra", files, store, this.secrets);
  }

  private code(worker: keyof Workers): string {
    const built = this.workers[worker];
    if (!built) throw new Error(`${worker} is not built`);
    return built.code;
  }

  private copy(name: string, restaurants: number): string {
    const store = this.store(`${name}-${restaurants}`);
    cpSync(this.store(`loaded-${restaurants}`), store, { recursive: true });
    return store;
  }

  private store(name: string): string {
    return path.join(this.folder, "stores", name);
  }
}

/** No change log and no search by words, and an index for the box it searches. */
function asWrittenByHand(db: Parameters<typeof dropTriggers>[0]): void {
  dropTriggers(db, "changes");
  dropTriggers(db, "search");
  db.exec("create index restaurants_place on restaurants(lat, lng)");
}
