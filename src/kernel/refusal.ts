// The one error that callers see, and how a catalogue's entry says it.

export interface CatalogueEntry {
  status: number;
  message: string;
  /** The message without what differs from one occurrence to the next, where something does. */
  title?: string;
  details?: string;
  hint?: string;
  /** What it is sent as, where a protocol's contract has one code for several refusals. */
  code?: string;
}

export type Catalogue = Record<string, CatalogueEntry>;

export type RefusalParams = Record<string, string | number | undefined>;

/** The one error that may reach a caller; all else becomes `internal`, with no text of its own. */
export class Refusal extends Error {
  readonly code: string;
  readonly params: RefusalParams;
  /** A list in place of the catalogue's details. */
  readonly details: object[] | undefined;

  constructor(code: string, params: RefusalParams = {}, details?: object[]) {
    super(code);
    this.name = "Refusal";
    this.code = code;
    this.params = params;
    this.details = details;
  }
}

/** A refusal as it is sent: code, message, details and hint, and the members of RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  message: string;
  details: string | object[] | null;
  hint: string | null;
}

/** Renders a refusal with a sentence for its code; of one that has none, the fallback's alone. */
export function problemFrom(
  { code: given, params, details }: Refusal,
  known: CatalogueEntry | undefined,
  fallback: CatalogueEntry,
): Problem {
  const name = known ? given : "internal";
  const entry = known ?? fallback;
  const message = fill(entry.message, params) ?? entry.message;
  return {
    type: `/errors/${name}`,
    title: entry.title ?? entry.message,
    status: entry.status,
    detail: message,
    code: entry.code ?? name,
    message,
    details: details ?? fill(entry.details, params),
    hint: fill(entry.hint, params),
  };
}

/** Fills `{names}`; a text that needs a parameter nobody gave is left out altogether. */
function fill(template: string | undefined, params: RefusalParams): string | null {
  if (template === undefined) return null;
  let whole = true;
  const text = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (params[name] === undefined) whole = false;
    return String(params[name] ?? "");
  });
  return whole ? text : null;
}
