// An upload: a pending row, the bytes, and one batch that makes them a file. Bytes lie under a key
// of their own, so that the old ones are whole until the new ones are.
import type { Actor } from "../../kernel/actor.ts";
import { type Blobs, type Part, partBytes, type Stored } from "../../kernel/bucket.ts";
import type { Change, Step } from "../../kernel/change.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import { and, eq } from "../../kernel/predicate.ts";
import type { Row } from "../../kernel/table.ts";
import { atMost, type Chunks, inParts, peek } from "./body.ts";
import { hinted, type Place, requireFit } from "./bucket.ts";
import { contentType, sniffedBytes, unknownType } from "./content-type.ts";
import { discard, emptyLater } from "./empty-trash.ts";
import {
  type Address,
  allowed,
  asObjects,
  at,
  findAnyObject,
  type StoredObject,
} from "./find-object.ts";
import { folderOf } from "./name.ts";
import { makesRoom, room } from "./quota.ts";
import { buckets, objects, uploads } from "./tables.ts";

/** So often a name may change hands between reading it and writing it. */
const MAX_TRIES = 12;

export interface Upload {
  actor: Actor;
  to: Address;
  /** `new` refuses a name that is taken; `replace` one that is not; `upsert` neither. */
  mode: "new" | "upsert" | "replace";
  claimed: string;
  /** Bytes as the request says them, where it does. */
  size: number | undefined;
  /** So many are likely, where it does not. */
  likely?: number | undefined;
  body: Chunks;
  /** Where this is false of what is there, nothing is written: PreconditionFailed. */
  mayWrite?: (old: StoredObject | undefined) => boolean;
  /** Asked when the body has arrived: a form may say it last. */
  details: () => Details;
}

export interface Details {
  cache_control: string;
  user_metadata: Record<string, unknown> | null;
}

/** The row of an upload that is not finished. */
interface Pending extends Row {
  id: string;
  owner_id: string | null;
  mime_type: string;
  reserved: number;
}

/** What is known of an upload, beside its bytes. */
interface Going extends Upload {
  place: Place;
  pending: Pending;
  /** What was there when it was admitted. */
  seen: StoredObject | undefined;
}

/** Stores the body as the file of this name; answers with its row. */
export async function uploadObject(kernel: Kernel, upload: Upload): Promise<StoredObject> {
  const { actor, to, size, likely = 0 } = upload;
  const { place, object } = await findAnyObject(kernel, to, actor);
  if (size !== undefined && size > place.maxBytes) throw new Refusal("EntityTooLarge");
  const { head, whole } = await peek(upload.body, sniffedBytes);
  const kept = contentType(upload.claimed, head, to.name);
  requireFit(place, kept, size ?? 0);
  const reserved = Math.min(size ?? likely, place.maxBytes);
  const pending = pendingRow(kernel, to, actor, {
    size: size ?? 0,
    mime_type: kept.type,
    reserved,
  });
  const going: Going = { ...upload, place, pending, seen: object };
  const row: Step = { insert: uploads, rows: [pending] };
  await contend(kernel, going, async (old) => {
    going.seen = old;
    await kernel.commit([row, ...admission(kernel, going)], actor);
  });
  try {
    requireMet(going, going.seen);
    const stored = await storeBytes(kernel, going, atMost(whole, place.maxBytes));
    return await finish(kernel, going, stored);
  } catch (error) {
    return await giveUp(kernel, going, error);
  }
}

/** May the caller upload a file of this name now? Nothing is kept. */
export async function admitUpload(
  kernel: Kernel,
  { actor, to, mode }: Pick<Upload, "actor" | "to" | "mode">,
): Promise<void> {
  const { place, object } = await findAnyObject(kernel, to, actor);
  const nothing = { size: 0, mime_type: unknownType, reserved: 0 };
  const pending = pendingRow(kernel, to, actor, nothing);
  const row: Step = { insert: uploads, rows: [pending] };
  const gone: Step = { delete: uploads, where: eq("id", pending.id) };
  const guards = admission(kernel, { place, pending, actor, mode, to, seen: object });
  try {
    await kernel.commit([row, ...guards, gone], actor);
  } catch (error) {
    throw hinted(error, place);
  }
}

function pendingRow(
  kernel: Kernel,
  { bucket, name }: Address,
  { id: owner_id }: Actor,
  known: { size: number; mime_type: string; reserved: number },
): Pending {
  const id = kernel.id();
  return { id, bucket_id: bucket, name, folder: folderOf(name), owner_id, ...known };
}

type Beginning = Pick<Going, "place" | "pending" | "actor" | "mode" | "to" | "seen">;

/** Guards of the first batch: may the caller begin? The bytes are not there yet. */
function admission(kernel: Kernel, going: Beginning): Change {
  const { place, pending, seen } = going;
  return [...stillThere(place), ...rights(going), ...room(kernel, pending.owner_id, seen)];
}

function rights({ place, pending, actor, mode, to, seen: old }: Beginning): Change {
  if (mode === "replace" && !old) throw new Refusal("NoSuchKey");
  const pendingIs = (...verbs: ("insert" | "check")[]): Step => ({
    expect: uploads,
    where: and(eq("id", pending.id), allowed(place, actor, ...verbs)),
    rows: 1,
    else: "42501",
    as: "caller",
  });
  if (mode === "replace" && old)
    return [changeable(place, actor, old, "NoSuchKey"), pendingIs("check")];
  if (mode === "upsert" && old)
    return [asRead(old), pendingIs("insert", "check"), changeable(place, actor, old, "42501")];
  const taken = mode === "new" ? "KeyAlreadyExists" : "ResourceLocked";
  const free: Step = { expect: objects, where: at(to.bucket, to.name), rows: 0, else: taken };
  return [pendingIs("insert"), free];
}

/** It is there as it was read. By its name too: what was moved meanwhile keeps its bytes. */
function asRead({ bucket_id, name, version }: StoredObject): Step {
  const where = and(eq("version", version), at(bucket_id, name));
  return { expect: objects, where, rows: 1, else: "ResourceLocked" };
}

function changeable(place: Place, actor: Actor, old: StoredObject, code: string): Step {
  const there = and(eq("id", old.id), at(place.name, old.name));
  const where = and(there, allowed(place, actor, "select", "update"));
  return { expect: objects, where, rows: 1, else: code, as: "caller" };
}

/** The bytes under the upload's id: at once, or in equal parts. */
async function storeBytes(kernel: Kernel, going: Going, whole: Chunks): Promise<Stored> {
  const { bucket } = kernel;
  const key = going.pending.id;
  const parts = inParts(whole, partBytes);
  const { bytes: head, last } = (await parts.next()).value ?? {
    bytes: new Uint8Array(),
    last: true,
  };
  if (last) {
    await reserve(kernel, going, head.byteLength);
    return bucket.put(key, head);
  }
  const multipart_id = await bucket.begin(key);
  try {
    await reserve(kernel, going, head.byteLength, { multipart_id });
    const done: Part[] = [await bucket.part(key, multipart_id, 1, head)];
    for await (const { bytes } of parts) {
      await reserve(kernel, going, done.length * partBytes + bytes.byteLength);
      done.push(await bucket.part(key, multipart_id, done.length + 1, bytes));
    }
    return await bucket.complete(key, multipart_id, done);
  } catch (error) {
    await abort(bucket, key, multipart_id);
    throw error;
  }
}

/** No byte is stored that its owner has no room for; most requests say how many will come. */
async function reserve(
  kernel: Kernel,
  { pending, actor, seen }: Going,
  bytes: number,
  noted: { multipart_id?: string } = {},
): Promise<void> {
  const reserved = Math.max(bytes, pending.reserved);
  const more = reserved > pending.reserved;
  if (!more && !noted.multipart_id) return;
  const set = { ...noted, reserved };
  const where = eq("id", pending.id);
  const step: Step = { update: uploads, set, where, else: "UploadGone" };
  await kernel.commit([step, ...(more ? room(kernel, pending.owner_id, seen) : [])], actor);
  pending.reserved = reserved;
}

/** What cannot be aborted now is aborted by the sweeper. */
async function abort(bucket: Blobs, key: string, multipart_id: string): Promise<void> {
  await bucket.abort(key, multipart_id).catch(() => {});
}

/** Only now: what is there is told to nobody who may not write it. */
function requireMet({ mayWrite }: Going, old: StoredObject | undefined): void {
  if (mayWrite && !mayWrite(old)) throw new Refusal("PreconditionFailed");
}

/** The last batch: the file is the new bytes, the old ones are trash, the pending row is gone. */
async function finish(kernel: Kernel, going: Going, stored: Stored): Promise<StoredObject> {
  const { actor, place } = going;
  requireFit(place, { type: going.pending.mime_type }, stored.size);
  return contend(kernel, going, async (old) => {
    requireMet(going, old);
    const { change, effect } = finalChange(kernel, going, stored, old);
    const rows = await kernel.commit(change, actor);
    if (old) emptyLater(kernel, [old.version]);
    const [object] = asObjects(rows[change.indexOf(effect)]);
    if (object) return object;
    throw new Error("a finished upload has a row");
  });
}

/** Acts on what is there; where others were faster, on what is there then. */
async function contend<T>(
  kernel: Kernel,
  going: Going,
  act: (old: StoredObject | undefined) => Promise<T>,
): Promise<T> {
  for (let tries = 1, old = going.seen; ; tries++) {
    try {
      return await act(old);
    } catch (error) {
      if (!lostRace(error, going) || tries === MAX_TRIES) throw hinted(error, going.place);
      old = (await findAnyObject(kernel, going.to, going.actor)).object;
    }
  }
}

/** Did another upload of this name come first? Then the question is asked anew. */
function lostRace(error: unknown, { mode }: Going): boolean {
  if (!(error instanceof Refusal)) return false;
  if (error.code === "23505" && mode === "new") throw new Refusal("KeyAlreadyExists");
  return error.code === "ResourceLocked" || error.code === "23505";
}

/** All steps, and the one among them that answers with the row of the file. */
function finalChange(kernel: Kernel, going: Going, stored: Stored, old?: StoredObject) {
  const { mode, pending, place, actor } = going;
  if (mode === "new" && old) throw new Refusal("KeyAlreadyExists");
  if (mode === "replace" && !old) throw new Refusal("NoSuchKey");
  const { id: version, owner_id, reserved: _, ...rest } = pending;
  const fresh = { ...rest, ...stored, ...going.details(), version };
  const done: Step = { delete: uploads, where: eq("id", version), else: "UploadGone" };
  const mustBe = (...verbs: ("insert" | "check")[]): Step => ({
    expect: objects,
    where: and(eq("version", version), allowed(place, actor, ...verbs)),
    rows: 1,
    else: "42501",
    as: "caller",
  });
  const stillRoom = roomAtLast(kernel, going, old);
  if (!old) {
    const effect: Step = { insert: objects, rows: [{ ...fresh, owner_id }] };
    const change = [done, ...stillThere(place), effect, mustBe("insert"), ...stillRoom];
    return { effect, change };
  }
  const where = eq("version", old.version);
  const set = { ...fresh, owner_id: owner_id ?? old.owner_id };
  const effect: Step = { update: objects, set, where };
  const change: Change = [
    done,
    asRead(old),
    changeable(place, actor, old, "42501"),
    effect,
    mode === "upsert" ? mustBe("check", "insert") : mustBe("check"),
    ...stillRoom,
    discard(kernel, [{ id: old.version }]),
  ];
  return { effect, change };
}

/** Where a file was to make room, and another one is there or none: there must be room without. */
function roomAtLast(kernel: Kernel, { pending, seen }: Going, old?: StoredObject): Change {
  const asSeen = !makesRoom(pending.owner_id, seen) || seen?.version === old?.version;
  return asSeen ? [] : room(kernel, pending.owner_id);
}

/** A bucket made over the API may be deleted meanwhile. */
function stillThere({ made, name }: Place): Change {
  return made ? [{ expect: buckets, where: eq("name", name), rows: 1, else: "NoSuchBucket" }] : [];
}

/**
 * An upload that failed leaves no bytes: its row goes to the trash. Where the row is gone already
 * and the file is there, only the answer was lost, and the upload has succeeded.
 */
async function giveUp(kernel: Kernel, going: Going, error: unknown): Promise<StoredObject> {
  const { pending, actor } = going;
  const gone: Step = { delete: uploads, where: eq("id", pending.id), else: "UploadGone" };
  try {
    await kernel.commit([gone, discard(kernel, [pending])], actor);
    emptyLater(kernel, [pending.id]);
  } catch (failure) {
    if (!(failure instanceof Refusal) || failure.code !== "UploadGone") throw error;
    const query = { from: objects, where: eq("version", pending.id) };
    const [object] = asObjects((await kernel.read([query], actor))[0]);
    if (object) return object;
    await kernel.commit([discard(kernel, [pending])], actor);
    emptyLater(kernel, [pending.id]);
  }
  throw error;
}
