import { type Limits, limitsOf } from "./limit.ts";

export interface Settings {
  autoconfirm: boolean;
  signUpDisabled: boolean;
  siteUrl: string;
  redirectUrls: string[];
  passwordMin: number;
  /** The address that links and tokens name; undefined: the request's own, on loopback only. */
  apiUrl: string | undefined;
  idle_ms: number;
  lifetime_ms: number;
  grace_ms: number;
  limits: Limits;
}

/** More of anything is a slip; dates so far ahead could not be written. */
const MAX_NUMBER = 1_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Reads the module's settings; a value that is none throws at start rather than at night. */
export function settingsOf(get: (name: string) => string | undefined): Settings {
  const number = (name: string, fallback: number) => {
    const value = Number(get(name) || fallback);
    if (!Number.isInteger(value) || value < 1 || value > MAX_NUMBER)
      throw new Error(`${name} must be a whole number from 1 to ${MAX_NUMBER}`);
    return value;
  };
  const flag = (name: string) => {
    const value = get(name) || "false";
    if (value !== "true" && value !== "false") throw new Error(`${name} must be true or false`);
    return value === "true";
  };
  return {
    autoconfirm: flag("AUTOCONFIRM"),
    signUpDisabled: flag("DISABLE_SIGNUP"),
    siteUrl: place("SITE_URL", get("SITE_URL") || "http://127.0.0.1:3000"),
    redirectUrls: list(get("REDIRECT_URLS")).map((url) => place("REDIRECT_URLS", url)),
    passwordMin: number("PASSWORD_MIN", 8),
    apiUrl: webAddress("API_URL", get("API_URL")),
    idle_ms: number("SESSION_IDLE_DAYS", 30) * DAY_MS,
    lifetime_ms: number("SESSION_LIFETIME_DAYS", 90) * DAY_MS,
    grace_ms: number("REFRESH_GRACE_SECONDS", 60) * 1000,
    limits: limitsOf(number("LIMIT_SCALE", 1)),
  };
}

/** A place that a link may lead to: the web's or an app's own scheme, perhaps with wildcards. */
function place(name: string, url: string): string {
  const known = /^[a-z][a-z\d+.-]*:\/\//i.test(url) && !/^javascript:/i.test(url);
  const parsed = URL.canParse(url.replace(/:\*(?=\/|$)/, ":1").replaceAll("*", "x"));
  if (!known || !parsed) throw new Error(`${name}: ${url} is not an absolute URL`);
  return url;
}

function webAddress(name: string, url: string | undefined): string | undefined {
  if (!url) return undefined;
  const { protocol, search, hash } = new URL(place(name, url));
  if (!/^https?:$/.test(protocol) || search || hash)
    throw new Error(`${name} must be an http or https address, without query or fragment`);
  return url.replace(/\/+$/, "");
}

function list(text = ""): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean);
}
