// The Prefer header (RFC 7240): what the caller would like, and what was done about it.
import { Refusal } from "../../kernel/errors.ts";
import { readOnce } from "./known.ts";

const CHOICES = {
  resolution: ["merge-duplicates", "ignore-duplicates"],
  missing: ["default", "null"],
  return: ["minimal", "headers-only", "representation"],
  count: ["exact", "planned", "estimated"],
  tx: ["commit", "rollback"],
  handling: ["strict", "lenient"],
} as const;

type Choices = typeof CHOICES;

export type Prefer = { [K in keyof Choices]?: Choices[K][number] } & { "max-affected"?: number };
export type Preference = keyof Prefer;

/** Reads the header. What is not understood is ignored, unless handling is to be strict. */
export const parsePrefer = readOnce((header: string): Prefer => {
  const found: Record<string, string | number> = {};
  const unknown: string[] = [];
  for (const part of header
    .split(",")
    .map((p) => p.trim())
    .filter(Boolean)) {
    const [, name = "", value = ""] =
      /^([^=\s;]+)\s*(?:=\s*"?([^";]*?)"?\s*)?(?:;.*)?$/.exec(part) ?? [];
    const key = name.toLowerCase();
    if (!understood(key, value)) unknown.push(part);
    // Of repeated preferences the first counts (RFC 7240 §2).
    else found[key] ??= key === "max-affected" ? Number(value) : value;
  }
  const prefer = found as Prefer; // every key was looked up in CHOICES, and its value there
  if (prefer.handling !== "strict") delete prefer["max-affected"];
  else if (unknown.length > 0) throw new Refusal("PGRST122", { names: unknown.join(", ") });
  return prefer;
});

function understood(key: string, value: string): boolean {
  if (key === "max-affected") return /^\d{1,15}$/.test(value);
  if (!Object.hasOwn(CHOICES, key)) return false;
  return CHOICES[key as keyof Choices].some((choice) => choice === value); // just looked up
}

/** `Preference-Applied`: those of the given preferences that the caller has expressed. */
export function appliedPreferences(prefer: Prefer, applied: Preference[]): string | undefined {
  const said = applied.filter((key) => prefer[key] !== undefined);
  return said.length === 0 ? undefined : said.map((key) => `${key}=${prefer[key]}`).join(", ");
}
