// Bodies as they arrive: looked into, counted, and cut into equal parts, never held whole.
import { Refusal } from "../../kernel/errors.ts";

/** Pieces of a body. Each is to be used before the next is asked for: they share their memory. */
export type Chunks = AsyncGenerator<Uint8Array>;

const FIRST_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;

/** A stream's bytes, read into one piece of memory, so that none is left to the collector. */
export async function* chunksOf(body: ReadableStream<Uint8Array>): Chunks {
  const reader = byobReader(body);
  if (!reader) return yield* body;
  let memory = new ArrayBuffer(CHUNK_BYTES);
  try {
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(memory));
      if (done) return;
      yield value;
      memory = value.buffer;
    }
  } finally {
    reader.releaseLock();
  }
}

/** Streams of the platform read into the memory they are given; others cannot. */
function byobReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}

/** The first bytes of a body, at most `bytes` where so many come, and the whole body again. */
export async function peek(
  chunks: Chunks,
  bytes: number,
): Promise<{ head: Uint8Array; whole: Chunks }> {
  const seen: Uint8Array[] = [];
  let size = 0;
  while (size < bytes) {
    const { value, done } = await chunks.next();
    if (done) break;
    seen.push(value.slice());
    size += value.byteLength;
  }
  const head = new Uint8Array(size);
  let end = 0;
  for (const chunk of seen) {
    head.set(chunk, end);
    end += chunk.byteLength;
  }
  async function* whole() {
    yield head;
    yield* rest(chunks);
  }
  return { head: head.subarray(0, bytes), whole: whole() };
}

async function* rest(chunks: Chunks): Chunks {
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

/** The same bytes; EntityTooLarge as soon as there are more than `most`. */
export async function* atMost(chunks: Chunks, most: number): Chunks {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > most) throw new Refusal("EntityTooLarge");
    yield chunk;
  }
}

/**
 * The same bytes in parts of `size`, only the last of which is smaller. A part is to be used before
 * the next one is asked for: they share their memory.
 */
export async function* inParts(
  chunks: Chunks,
  size: number,
): AsyncGenerator<{ bytes: Uint8Array; last: boolean }> {
  let buffer = new Uint8Array(Math.min(FIRST_BYTES, size));
  let used = 0;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.byteLength; ) {
      if (used === size) {
        yield { bytes: buffer, last: false };
        used = 0;
      }
      const taken = Math.min(size - used, chunk.byteLength - from);
      if (used + taken > buffer.byteLength) buffer = grown(buffer, used + taken, size);
      buffer.set(chunk.subarray(from, from + taken), used);
      used += taken;
      from += taken;
    }
  }
  yield { bytes: buffer.subarray(0, used), last: true };
}

function grown(buffer: Uint8Array, needed: number, most: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(most, Math.max(needed, buffer.byteLength * 2)));
  larger.set(buffer);
  return larger;
}
