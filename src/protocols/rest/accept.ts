// The Accept header (RFC 9110 §12.5.1): which of the forms we write the caller prefers.
import { Refusal } from "../../kernel/errors.ts";

/** An array of rows, or the one row by itself. */
export type Form = "array" | "object";

const FORMS = new Map<string, Form>([
  ["*/*", "array"],
  ["application/*", "array"],
  ["application/json", "array"],
  ["application/vnd.pgrst.array", "array"],
  ["application/vnd.pgrst.array+json", "array"],
  ["application/vnd.pgrst.object", "object"],
  ["application/vnd.pgrst.object+json", "object"],
]);

export const MEDIA_TYPES: Record<Form, string> = {
  array: "application/json; charset=utf-8",
  object: "application/vnd.pgrst.object+json; charset=utf-8",
};

/** The first of the most wanted types that we write; refuses when there is none. */
export function negotiate(header: string | null): Form {
  const wanted = (header?.trim() || "*/*").split(",").map(mediaRange);
  let best: { form: Form; q: number } | undefined;
  for (const { type, nulls, q } of wanted) {
    const form = nulls ? undefined : FORMS.get(type);
    if (form && q > 0 && q > (best?.q ?? 0)) best = { form, q };
  }
  if (!best) throw new Refusal("PGRST107", { types: header ?? "" });
  return best.form;
}

function mediaRange(text: string): { type: string; nulls: boolean; q: number } {
  const [type = "", ...params] = text
    .toLowerCase()
    .split(";")
    .map((p) => p.trim());
  const q = Number(params.find((p) => p.startsWith("q="))?.slice(2) ?? 1);
  // nulls=stripped is a form of its own, not written yet: it is not taken for another.
  return { type, nulls: params.includes("nulls=stripped"), q: Number.isNaN(q) ? 0 : q };
}
