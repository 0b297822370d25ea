// What a file is, by its first bytes. A claim that the bytes contradict is refused; where nothing
// was claimed, or the name says otherwise, the file is kept as what it certainly is.
import { Refusal } from "../../kernel/errors.ts";
import { fileName } from "./name.ts";

/** As many bytes as are looked at. */
export const sniffedBytes = 4_096;

export const unknownType = "application/octet-stream";

interface Signature {
  types: string[];
  extensions: string;
  /** Latin-1 text at an offset; a dot stands for any byte. */
  at: [offset: number, text: string][];
}

const sign = (types: string, extensions: string, ...at: [number, string][]): Signature => ({
  types: types.split(" "),
  extensions,
  at,
});

const MP4 = "video/mp4 audio/mp4 audio/x-m4a video/quicktime video/x-m4v video/3gpp audio/3gpp";
const ZIPPED = "application/zip application/x-zip-compressed application/java-archive";

/** The first type of each is what such bytes are called when nothing was claimed. */
const signatures: Signature[] = [
  sign("image/png image/apng", "png apng", [0, "\x89PNG\r\n\x1a\n"]),
  sign("image/jpeg image/jpg image/pjpeg", "jpg jpeg jfif", [0, "\xff\xd8\xff"]),
  sign("image/gif", "gif", [0, "GIF87a"]),
  sign("image/gif", "gif", [0, "GIF89a"]),
  sign("image/webp", "webp", [0, "RIFF"], [8, "WEBP"]),
  sign("image/avif", "avif", [4, "ftypavi."]),
  sign("image/heic image/heif", "heic heif", [4, "ftyphei."]),
  sign("image/heic image/heif", "heic heif", [4, "ftypmif1"]),
  sign("image/heic image/heif", "heic heif", [4, "ftypmsf1"]),
  sign("image/bmp image/x-ms-bmp", "bmp", [0, "BM"], [6, "\0\0\0\0"]),
  sign("image/tiff", "tif tiff", [0, "II*\0"]),
  sign("image/tiff", "tif tiff", [0, "MM\0*"]),
  sign("image/tiff", "tif tiff", [0, "II+\0"]),
  sign("image/tiff", "tif tiff", [0, "MM\0+"]),
  sign("image/x-icon image/vnd.microsoft.icon", "ico", [0, "\0\0\x01\0"]),
  sign(MP4, "mp4 m4a m4v mov 3gp", [4, "ftyp"]),
  sign("video/webm audio/webm video/x-matroska", "webm mkv", [0, "\x1aE\xdf\xa3"]),
  sign("video/x-msvideo video/avi", "avi", [0, "RIFF"], [8, "AVI "]),
  sign("audio/wav audio/x-wav audio/wave", "wav", [0, "RIFF"], [8, "WAVE"]),
  sign("audio/mpeg audio/mp3", "mp3", [0, "ID3"]),
  ...["\xff\xfb", "\xff\xfa", "\xff\xf3", "\xff\xf2", "\xff\xe3", "\xff\xe2"].map((frame) =>
    sign("audio/mpeg audio/mp3", "mp3", [0, frame]),
  ),
  sign("audio/aac", "aac", [0, "\xff\xf1"]),
  sign("audio/aac", "aac", [0, "\xff\xf9"]),
  sign("audio/ogg video/ogg application/ogg audio/opus", "ogg oga ogv opus", [0, "OggS"]),
  sign("audio/flac audio/x-flac", "flac", [0, "fLaC"]),
  sign("application/pdf", "pdf", [0, "%PDF-"]),
  sign(ZIPPED, "zip jar docx xlsx pptx odt ods odp epub apk", [0, "PK\x03\x04"]),
  sign(ZIPPED, "zip", [0, "PK\x05\x06"]),
  sign("application/gzip application/x-gzip", "gz tgz", [0, "\x1f\x8b"]),
  sign("font/woff", "woff", [0, "wOFF"]),
  sign("font/woff2", "woff2", [0, "wOF2"]),
];

/** Types that say no more than "bytes", and what clients send when they were told nothing. */
const VAGUE = new Set(["", unknownType, "binary/octet-stream", "text/plain"]);
const TEXT = /^(?:text\/.+|application\/(?:.+\+)?(?:json|xml|javascript|yaml)|.+\+(?:json|xml))$/;
const TYPE = /^[a-z0-9][\w!#$&^.+-]{0,126}\/[a-z0-9][\w!#$&^.+-]{0,126}$/;
const TEXT_EXTENSION = /^(?:txt|md|csv|tsv|json|xml|html?|xhtml|svg|js|mjs|css|ya?ml|log)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what text does not hold
const CONTROL = /[\u0000-\u0008\u000b\u000e-\u001f]/;
/** Markup inside what pretends to be a picture or a document. */
const MARKUP = /<(?:!doctype|html|head|body|script|svg|iframe|img|\?php)[\s/>]/i;
const INLINE = /^(?:image|audio|video)\/|^application\/pdf$/;

/** What a file is kept as, and why that is not what its name or its sender says. */
export interface Kept {
  type: string;
  doubt?: Refusal;
}

/** The name of a type that goes by several. */
export function registeredType(type: string): string {
  return type === "image/jpg" ? "image/jpeg" : type;
}

/**
 * The type under which the file is kept. Refuses with InvalidMimeType what is no media type, and
 * with MismatchedMimeType bytes that are not what they are claimed to be.
 */
export function contentType(claimed: string, head: Uint8Array, name: string): Kept {
  const [type = "", ...parameters] = claimed.toLowerCase().split(";");
  const claim = registeredType(type.trim());
  if (claim !== "" && !TYPE.test(claim))
    throw new Refusal("InvalidMimeType", { type: "like this" });
  const text = latin1(head);
  const found = signatures.find((signature) => matches(signature, text));
  if (found) return known(claim, found, text, name);
  const charset = charsetOf(parameters);
  if (isProven(claim) || (TEXT.test(claim) && !VAGUE.has(claim) && !isText(head, charset)))
    throw new Refusal("MismatchedMimeType", { type: claim });
  const extension = extensionOf(name);
  if (isListed(extension)) return doubted(extension, isText(head, charset) ? "text" : "not");
  if (VAGUE.has(claim) && !isText(head, charset)) return { type: unknownType };
  if (VAGUE.has(claim) && claim !== "text/plain") return { type: unknownType };
  return { type: charset ? `${claim};charset=${charset}` : claim };
}

/** Bytes of a known kind: under the claim, where it is one of the kind's. */
function known(claim: string, { types, extensions }: Signature, text: string, name: string): Kept {
  const [type = unknownType] = types;
  const zipped = types[0] === "application/zip" && /^application\/(?:vnd\.|epub)/.test(claim);
  const fits = VAGUE.has(claim) || types.includes(claim) || zipped;
  if (!fits) throw new Refusal("MismatchedMimeType", { type: claim });
  const extension = extensionOf(name);
  const other = isListed(extension) || TEXT_EXTENSION.test(extension);
  if (other && !extensions.split(" ").includes(extension))
    return doubted(extension, type.replace(/^.*\/(?:x-)?/, ""));
  if (MARKUP.test(text))
    return {
      type: unknownType,
      doubt: new Refusal("MismatchedMimeType", { type: `only ${type}` }),
    };
  return { type: VAGUE.has(claim) ? type : claim };
}

function isListed(extension: string): boolean {
  return signatures.some(({ extensions }) => extensions.split(" ").includes(extension));
}

function doubted(said: string, found: string): Kept {
  return { type: unknownType, doubt: new Refusal("MismatchedName", { said, found }) };
}

/** Is a file never kept under this type unless its bytes are of its kind? */
export function isProven(type: string): boolean {
  return signatures.some(({ types }) => types.includes(type));
}

/** May a browser show it where it is linked? What bytes have proven, under a name that agrees. */
export function isInline(type: string, name: string): boolean {
  const kinds = signatures.filter(({ types }) => types.includes(type));
  const extension = extensionOf(name);
  const agrees = kinds.some(({ extensions }) => extensions.split(" ").includes(extension));
  return INLINE.test(type) && kinds.length > 0 && (agrees || extension === "");
}

/** The ending of a file's name, in small letters; empty where there is none. */
export function extensionOf(name: string): string {
  return /\.([a-z0-9]+)$/.exec(fileName(name).toLowerCase())?.[1] ?? "";
}

function matches({ at }: Signature, text: string): boolean {
  return at.every(([offset, wanted]) =>
    [...wanted].every((c, i) => c === "." || c === text[offset + i]),
  );
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Text without control characters, in UTF-8 or as it says; its end may be cut. */
function isText(head: Uint8Array, charset = "utf-8"): boolean {
  try {
    const decoder = new TextDecoder(charset, { fatal: true, ignoreBOM: true });
    return !CONTROL.test(decoder.decode(head, { stream: true }));
  } catch {
    return false;
  }
}

/** The charset is kept: readers of text need it. */
function charsetOf(parameters: string[]): string | undefined {
  return parameters.map((p) => /^\s*charset="?([\w-]{1,40})"?\s*$/.exec(p)?.[1]).find(Boolean);
}
