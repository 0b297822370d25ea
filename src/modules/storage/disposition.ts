// Content-Disposition, by RFC 6266: a plain name for old readers, the true one for all others.

/** `inline` or `attachment`, with the name in both spellings. */
export function disposition(kind: "inline" | "attachment", name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded(name.toWellFormed())}`;
}

/** RFC 8187: what encodeURIComponent leaves and the header does not. */
function encoded(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
}
