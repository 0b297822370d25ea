// The only file that touches R2. Keys are made by the server; whose bytes they are, rows say.

/** Large files go up in parts, which R2 wants equal but for the last. */
export const partBytes = 8 * 1024 * 1024;
/** R2 deletes so many keys per call. */
const MAX_DELETED = 1_000;
/** R2's error for an upload in parts that was completed, aborted or forgotten. */
const NO_SUCH_UPLOAD = /\b10024\b/;

/** Bytes as they lie in R2; the ETag is strong, and quoted. */
export interface Stored {
  etag: string;
  size: number;
}

export interface Part {
  partNumber: number;
  etag: string;
}

export interface Blobs {
  put(key: string, bytes: Uint8Array): Promise<Stored>;
  /** Begins an upload in parts; answers with its id. R2 forgets it after a week. */
  begin(key: string): Promise<string>;
  /** A part, numbered from 1: `partBytes` bytes, or fewer in the last. */
  part(key: string, upload: string, n: number, bytes: Uint8Array): Promise<Part>;
  complete(key: string, upload: string, parts: Part[]): Promise<Stored>;
  /** Does nothing where there is no such upload any more. */
  abort(key: string, upload: string): Promise<void>;
  /** All bytes, or a stretch of them; undefined where there are none. */
  get(
    key: string,
    range?: { offset: number; length: number },
  ): Promise<ReadableStream<Uint8Array> | undefined>;
  /** Keys that are not there are as good as deleted. */
  delete(keys: string[]): Promise<void>;
}

/** Bytes in an R2 bucket. */
export function createBlobs(r2: R2Bucket): Blobs {
  const stored = (object: R2Object | null): Stored => {
    if (!object) throw new Error("R2 refused what no condition was put on");
    return { etag: object.httpEtag, size: object.size };
  };
  return {
    put: async (key, bytes) => stored(await r2.put(key, bytes)),
    begin: async (key) => (await r2.createMultipartUpload(key)).uploadId,
    part: (key, upload, n, bytes) => r2.resumeMultipartUpload(key, upload).uploadPart(n, bytes),
    complete: async (key, upload, parts) =>
      stored(await r2.resumeMultipartUpload(key, upload).complete(parts)),
    async abort(key, upload) {
      await r2.resumeMultipartUpload(key, upload).abort().catch(unlessGone);
    },
    get: async (key, range) => (await r2.get(key, range && { range }))?.body,
    async delete(keys) {
      for (let i = 0; i < keys.length; i += MAX_DELETED) {
        await r2.delete(keys.slice(i, i + MAX_DELETED));
      }
    },
  };
}

function unlessGone(error: unknown): void {
  if (!NO_SUCH_UPLOAD.test(String(error))) throw error;
}
