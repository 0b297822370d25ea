// Where a link may lead afterwards: the site, or what the operator listed. Anything else leads to
// the site itself, so that a link in our mail never carries a session to somebody else's page.
import { isLoopback } from "../../kernel/actor.ts";

/**
 * The address to go to: `wanted` where it is allowed, else the site. To a server that is `near`,
 * on the developer's own machine, any port of that machine is the site.
 */
export function allowedRedirect(
  wanted: string | undefined,
  site: string,
  listed: string[],
  near: boolean,
): string {
  if (!wanted || wanted.length > 2048 || !URL.canParse(wanted)) return site;
  const url = new URL(wanted);
  if (url.username || url.password || url.protocol === "javascript:") return site;
  if (isWeb(url.protocol) && URL.canParse(site) && url.origin === new URL(site).origin)
    return url.href;
  if (near && isWeb(url.protocol) && isLoopback(url.hostname)) return url.href;
  const place = placeOf(url);
  return listed.some((entry) => globOf(entry).test(place)) ? url.href : site;
}

function isWeb(protocol: string): boolean {
  return protocol === "https:" || protocol === "http:";
}

/** Without query and fragment, which may carry an app's own state. */
function placeOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/, "");
}

/**
 * `*` stands for anything within one label or segment, `**` for anything: on the web only below
 * the host, so that no entry reaches hosts that it does not name.
 */
function globOf(entry: string): RegExp {
  const [, host = "", below = ""] =
    /^(https?:\/\/[^/]*)?(.*)$/s.exec(entry.replace(/\/+$/, "")) ?? [];
  return new RegExp(`^${pattern(host, "[^./]*")}${pattern(below, ".*")}$`);
}

function pattern(glob: string, anything: string): string {
  return glob
    .split(/(\*\*|\*)/)
    .map((part) => (part === "**" ? anything : part === "*" ? "[^./]*" : literal(part)))
    .join("");
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
