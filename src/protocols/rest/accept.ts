// The Accept header (RFC 9110 §12.5.1): which of the forms we write the caller prefers.
import { Refusal } from "../../kernel/errors.ts";
import { readOnce } from "./known.ts";

/** An array of rows, the one row by itself, a table of texts, features on a map, or the plan. */
export type Form = "array" | "object" | "csv" | "geojson" | "plan+json" | "plan+text";

export interface Wanted {
  form: Form;
  /** Without the keys whose value is null. */
  stripped?: true;
  /** The Content-Type of the answer. */
  type: string;
}

const vendor = "application/vnd.pgrst";
/** What each media type asks for, and the name it is answered under where that is another. */
const FORMS = new Map<string, [form: Form, name?: string]>([
  ["*/*", ["array", "application/json"]],
  ["application/*", ["array", "application/json"]],
  ["application/json", ["array"]],
  [`${vendor}.array`, ["array", "application/json"]],
  [`${vendor}.array+json`, ["array", "application/json"]],
  [`${vendor}.object`, ["object", `${vendor}.object+json`]],
  [`${vendor}.object+json`, ["object"]],
  ["text/*", ["csv", "text/csv"]],
  ["text/csv", ["csv"]],
  ["application/geo+json", ["geojson"]],
  [`${vendor}.plan`, ["plan+text", `${vendor}.plan+text`]],
  [`${vendor}.plan+text`, ["plan+text"]],
  [`${vendor}.plan+json`, ["plan+json"]],
]);
const STRIPPABLE = new Set(["array", "object"]);

/** Commas and semicolons within quotes part nothing. */
const RANGES = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g;
const PARTS = /(?:[^;"]|"(?:[^"\\]|\\.)*"?)+/g;

/** The first of the most wanted types that we write; refuses when there is none. */
export const negotiate = readOnce((header: string): Wanted => {
  const wanted = (header.trim() || "*/*").match(RANGES) ?? [];
  let best: { wanted: Wanted; q: number } | undefined;
  for (const range of wanted) {
    const [type = "", ...params] = (range.match(PARTS) ?? []).map((p) => p.trim().toLowerCase());
    const q = Number(params.find((p) => p.startsWith("q="))?.slice(2) ?? 1);
    const found = wantedOf(type, params.includes("nulls=stripped"));
    if (found && q > 0 && q > (best?.q ?? 0)) best = { wanted: found, q };
  }
  if (!best) throw new Refusal("PGRST107", { types: header });
  return best.wanted;
});

function wantedOf(type: string, stripped: boolean): Wanted | undefined {
  const [form, name = type] = FORMS.get(type) ?? [];
  if (!form || (stripped && !STRIPPABLE.has(form))) return undefined;
  // Without its nulls, an array is not the application/json that any other answer is.
  const named = stripped ? `${vendor}.${form}+json;nulls=stripped` : name;
  return { form, ...(stripped && { stripped }), type: `${named}; charset=utf-8` };
}
