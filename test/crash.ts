// A process that dies, or stumbles, at a given step: every call of D1 or R2 is one.
export interface Fault {
  /** The step, from 1. */
  step: number;
  /** Not made at all; or made, and its answer lost. */
  when: "before" | "after";
  /** Every later step fails too, as if the process were gone. */
  dead: boolean;
}

/** No fault: what somebody else does just before a step. */
export interface Race {
  step: number;
  meanwhile: () => Promise<unknown>;
}

export interface Steps {
  taken: string[];
  /** The statements that were prepared. */
  texts: Set<string>;
  /** Rows that D1 has read and written. */
  rows: { read: number; written: number };
  run<T>(name: string, call: () => Promise<T>): Promise<T>;
}

export function stepsWith(fault: Fault | Race | undefined): Steps {
  const taken: string[] = [];
  return {
    taken,
    texts: new Set(),
    rows: { read: 0, written: 0 },
    async run(name, call) {
      const n = taken.push(name);
      if (!fault || n < fault.step) return call();
      if ("meanwhile" in fault) {
        if (n === fault.step) await fault.meanwhile();
        return call();
      }
      if (n > fault.step && !fault.dead) return call();
      if (n === fault.step && fault.when === "after") await call();
      throw new Error(`crashed at step ${fault.step}: ${name}`);
    },
  };
}

interface Prepared {
  inner: D1PreparedStatement;
}

export function crashingDatabase(real: D1Database, { run, rows, texts }: Steps): D1Database {
  const counted = (results: D1Result[]) => {
    for (const { meta } of results) {
      rows.read += meta.rows_read;
      rows.written += meta.rows_written;
    }
    return results;
  };
  const wrap = (inner: D1PreparedStatement): unknown => ({
    inner,
    bind: (...params: unknown[]) => wrap(inner.bind(...params)),
    all: () => run("D1 read", () => inner.all()),
    first: () => run("D1 look", () => inner.first()),
  });
  return {
    withSession(at?: string) {
      const session = real.withSession(at);
      return {
        prepare: (sql: string) => {
          texts.add(sql);
          return wrap(session.prepare(sql));
        },
        batch: (list: Prepared[]) =>
          run("D1 batch", async () => counted(await session.batch(list.map((s) => s.inner)))),
        getBookmark: () => session.getBookmark(),
      };
    },
  } as unknown as D1Database; // the store uses withSession alone
}

export function crashingFiles(real: R2Bucket, { run }: Steps): R2Bucket {
  return {
    put: (key: string, value: Uint8Array) => run("R2 put", () => real.put(key, value)),
    get: (key: string, options: R2GetOptions) => run("R2 get", () => real.get(key, options)),
    delete: (keys: string[]) => run("R2 delete", () => real.delete(keys)),
    createMultipartUpload: (key: string) => run("R2 begin", () => real.createMultipartUpload(key)),
    resumeMultipartUpload(key: string, id: string) {
      const upload = real.resumeMultipartUpload(key, id);
      return {
        uploadPart: (n: number, value: Uint8Array) =>
          run("R2 part", () => upload.uploadPart(n, value)),
        complete: (parts: R2UploadedPart[]) => run("R2 complete", () => upload.complete(parts)),
        abort: () => run("R2 abort", () => upload.abort()),
      };
    },
  } as unknown as R2Bucket; // what bucket.ts uses
}
