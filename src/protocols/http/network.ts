// Whom limits per address count together. Only Cloudflare's own header is believed.
import { isLoopback, OWN_MACHINE } from "../../kernel/actor.ts";

/** The one network of all requests that say none, or none that can be read. */
const UNKNOWN = "unknown";
/** The host in a request's URL, which the platform has brought into its normal form. */
const HOST = /^https?:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^:/?#]*)/;

/**
 * The caller's network. Who calls a loopback host from nowhere else is on the machine itself,
 * where everybody has one address: production never sees that.
 */
export function callerNetwork(request: Request): string {
  const address = request.headers.get("cf-connecting-ip");
  const near = address === null || isLoopback(address.trim());
  if (near && isLoopback(HOST.exec(request.url)?.[1] ?? "")) return OWN_MACHINE;
  return networkOf(address ?? "");
}

/** One network per subscriber: IPv4 whole, IPv6 by its /64 (a household has all of it). */
export function networkOf(address: string): string {
  const text = address.trim();
  if (isIpv4(text)) return text;
  const groups = groupsOf(text);
  if (!groups) return UNKNOWN;
  const [high = 0, low = 0] = groups.slice(6);
  // IPv4 spoken of in IPv6: every such address lies in one /64.
  if (groups.slice(0, 6).join() === "0,0,0,0,0,65535")
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(":")}::/64`;
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => String(Number(part) & 255) === part);
}

/** The eight numbers of an IPv6 address, in any of its spellings; null where it is none. */
function groupsOf(text: string): number[] | null {
  const url = `http://[${text}]/`;
  if (!/^[\da-f:.]+$/i.test(text) || !URL.canParse(url)) return null;
  const [head = "", tail = ""] = new URL(url).hostname.slice(1, -1).split("::");
  const [left, right] = [head, tail].map((part) => part.split(":").filter(Boolean));
  const zeros = Array.from({ length: 8 - (left?.length ?? 0) - (right?.length ?? 0) }, () => "0");
  return [...(left ?? []), ...zeros, ...(right ?? [])].map((group) => Number.parseInt(group, 16));
}
