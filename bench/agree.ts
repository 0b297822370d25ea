// That all servers answer the same question with the same rows: who answers less is not faster.
import type { Case } from "./cases/case.ts";
import { isLoaded } from "./data/places.ts";
import type { Lane } from "./drive.ts";
import { Connection } from "./http.ts";

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** What may be asked only once, and what each answer changes, is not asked before its time. */
export const compared = ({ once, carries }: Case) => !once && !carries;

/** Asks each server once, and throws where one speaks of other restaurants and dishes. */
export async function agree(lanes: Lane[]): Promise<void> {
  let expected: Spoken | undefined;
  for (const lane of lanes) {
    const found = await spokenOf(lane);
    expected ??= found;
    if (found.of !== expected.of) {
      throw new Error(`${lane.server.name} answers ${found.body}\nbut ${expected.body} was said`);
    }
  }
}

interface Spoken {
  of: string;
  body: string;
}

async function spokenOf({ server, request }: Lane): Promise<Spoken> {
  const connection = new Connection(server.url);
  try {
    const answer = await connection.send(request(0));
    const text = answer.text();
    if (answer.status >= 300) throw new Error(`${server.name}: ${answer.status} ${text}`);
    if (answer.body.length === 0) return { of: "", body: "" };
    const type = answer.headers.get("content-type") ?? "";
    const body = text.slice(0, 2_000);
    if (!type.includes("json")) return { of: `${answer.body.length} bytes`, body };
    return { of: [...new Set(text.match(UUID))].filter(isLoaded).sort().join(), body };
  } finally {
    connection.close();
  }
}
