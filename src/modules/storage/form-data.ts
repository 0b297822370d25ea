// multipart/form-data (RFC 7578) as it arrives. Fields are small and read whole; the file is
// handed on in pieces.
import { Refusal } from "../../kernel/errors.ts";
import type { Chunks } from "./body.ts";

/** Bytes of the header lines of a part, and of a field's value. */
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_FIELD_BYTES = 64 * 1024;
const MAX_PARTS = 20;
/** What a window over the body begins with; larger pieces enlarge it. */
const MEMORY_BYTES = 64 * 1024;

const LINE = new TextEncoder().encode("\r\n");
const BLANK_LINE = new TextEncoder().encode("\r\n\r\n");

export interface Form {
  fields: Map<string, string>;
  /** The type of the first file. */
  type: string;
  /** Bytes of the form beside that file, where nothing follows it. */
  overhead: number;
  /** Its bytes; what fields follow are read before it ends. */
  file: Chunks;
}

const broken = (reason: string) => new Refusal("InvalidRequest", { reason });

/** The boundary that a content type names; undefined where it is of another type. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data\b/i.test(contentType)) return undefined;
  const [, quoted, plain] =
    /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw broken("the form has no boundary");
  return boundary;
}

/** Reads up to the first file. */
export async function readForm(chunks: Chunks, boundary: string): Promise<Form> {
  const reader = createReader(chunks, new TextEncoder().encode(`\r\n--${boundary}`));
  const fields = new Map<string, string>();
  await reader.open();
  for (let part = await nextPart(reader); part; part = await nextPart(reader)) {
    const { isFile, type } = part;
    if (isFile) return { fields, type, overhead: reader.overhead(), file: fileOf(reader, fields) };
    await readField(reader, part.name, fields);
  }
  throw broken("the form has no file");
}

interface PartHead {
  name: string;
  type: string;
  isFile: boolean;
}

/** The head of the next part; undefined after the last one. */
async function nextPart(reader: Reader): Promise<PartHead | undefined> {
  const end = await reader.take(2);
  if (end === "--") return undefined;
  if (reader.parts++ === MAX_PARTS) throw broken("the form has too many parts");
  if (end !== "\r\n") throw broken("a boundary of the form is not alone on its line");
  const head = await reader.takeUntil(BLANK_LINE, MAX_HEADER_BYTES);
  const [, disposition] = /^content-disposition:\s*form-data\s*(.*)$/im.exec(head) ?? [];
  if (disposition === undefined) throw broken("a part of the form has no name");
  const [, type = ""] = /^content-type:\s*(.*?)\s*$/im.exec(head) ?? [];
  const [, name = ""] = /;\s*name="?([^";]*)"?/i.exec(disposition) ?? [];
  return { name, type, isFile: name === "" || /;\s*filename\*?=/i.test(disposition) };
}

async function readField(reader: Reader, name: string, fields: Map<string, string>): Promise<void> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let [value, bytes] = ["", 0];
  for await (const chunk of reader.body()) {
    bytes += chunk.byteLength;
    if (bytes > MAX_FIELD_BYTES) throw broken("a field of the form is too long");
    value += decoded(decoder, chunk);
  }
  fields.set(name, value + decoded(decoder));
}

function decoded(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch {
    throw broken("a field of the form is not UTF-8");
  }
}

/** The file's bytes; then the fields after it. */
async function* fileOf(reader: Reader, fields: Map<string, string>): Chunks {
  yield* reader.body();
  for (let part = await nextPart(reader); part; part = await nextPart(reader)) {
    if (part.isFile) throw broken("the form has more than one file");
    await readField(reader, part.name, fields);
  }
}

type Reader = ReturnType<typeof createReader>;

/** After the last delimiter. */
const FORM_END_BYTES = "--\r\n".length;

/** A window over the body: as much of it as may still hold the beginning of a delimiter. */
function createReader(chunks: Chunks, delimiter: Uint8Array) {
  let memory = new Uint8Array(MEMORY_BYTES);
  memory.set(LINE); // so that the first boundary begins a line too
  let [from, to] = [0, LINE.byteLength];
  let arrived = 0;
  const held = () => memory.subarray(from, to);
  const more = async () => {
    const { value, done } = await chunks.next();
    if (done) throw broken("the form ends too early");
    arrived += value.byteLength;
    const size = to - from + value.byteLength;
    const next = size > memory.byteLength ? new Uint8Array(size * 2) : memory;
    next.set(held());
    memory = next;
    memory.set(value, to - from);
    [from, to] = [0, size];
  };
  const cut = (bytes: number): Uint8Array => {
    from += bytes;
    return memory.subarray(from - bytes, from);
  };
  /** What stands before the delimiter, which is passed over. */
  async function* body(): Chunks {
    for (;;) {
      const found = find(held(), delimiter);
      if (found >= 0) {
        if (found > 0) yield cut(found);
        cut(delimiter.byteLength);
        return;
      }
      const sure = to - from - delimiter.byteLength + 1;
      if (sure > 0) yield cut(sure);
      await more();
    }
  }
  return {
    body,
    /** Parts that were begun. */
    parts: 0,
    /** Bytes passed over so far, and those of the form's end. */
    overhead: () => arrived - (to - from) + delimiter.byteLength + FORM_END_BYTES,
    /** Passes over what stands before the first boundary. */
    async open() {
      let bytes = 0;
      for await (const chunk of body()) {
        bytes += chunk.byteLength;
        if (bytes > MAX_HEADER_BYTES) throw broken("the body does not begin with its boundary");
      }
    },
    async take(bytes: number): Promise<string> {
      while (to - from < bytes) await more();
      return new TextDecoder().decode(cut(bytes));
    },
    async takeUntil(end: Uint8Array, most: number): Promise<string> {
      let found = find(held(), end);
      while (found < 0) {
        if (to - from > most) break;
        await more();
        found = find(held(), end);
      }
      if (found < 0 || found > most) throw broken("the head of a part is too long");
      const text = new TextDecoder().decode(cut(found));
      cut(end.byteLength);
      return text;
    },
  };
}

/** Where `wanted` first begins; -1: nowhere. */
function find(bytes: Uint8Array, wanted: Uint8Array): number {
  const first = wanted[0] ?? 0;
  const last = bytes.byteLength - wanted.byteLength;
  for (let i = bytes.indexOf(first); i >= 0 && i <= last; i = bytes.indexOf(first, i + 1)) {
    let n = 1;
    while (n < wanted.byteLength && bytes[i + n] === wanted[n]) n++;
    if (n === wanted.byteLength) return i;
  }
  return -1;
}
