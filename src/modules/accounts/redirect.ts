// Where a link may lead afterwards: the site, or what the operator listed. Anything else leads to
// the site itself, so that a link in our mail never carries a session to somebody else's page.

/** The address to go to: `wanted` where it is allowed, else the site. */
export function allowedRedirect(
  wanted: string | undefined,
  site: string,
  listed: string[],
): string {
  if (!wanted || wanted.length > 2048 || !URL.canParse(wanted)) return site;
  const url = new URL(wanted);
  if (url.username || url.password || url.protocol === "javascript:") return site;
  const web = url.protocol === "https:" || url.protocol === "http:";
  if (web && URL.canParse(site) && url.origin === new URL(site).origin) return url.href;
  const place = placeOf(url);
  return listed.some((entry) => globOf(entry).test(place)) ? url.href : site;
}

/** Without query and fragment, which may carry an app's own state. */
function placeOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/, "");
}

/** `*` stands for anything within one label or segment, `**` for anything. */
function globOf(entry: string): RegExp {
  const source = entry
    .replace(/\/+$/, "")
    .split(/(\*\*|\*)/)
    .map((part) => (part === "**" ? ".*" : part === "*" ? "[^./]*" : literal(part)))
    .join("");
  return new RegExp(`^${source}$`);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
