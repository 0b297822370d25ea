import { type Limits, limitsOf } from "./limit.ts";

export interface Settings {
  autoconfirm: boolean;
  signUpDisabled: boolean;
  siteUrl: string;
  redirectUrls: string[];
  passwordMin: number;
  /** The origin that links and tokens name; undefined: the request's own. */
  apiUrl: string | undefined;
  idle_ms: number;
  lifetime_ms: number;
  grace_ms: number;
  limits: Limits;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Reads the module's settings; a number that is none throws at start rather than at night. */
export function settingsOf(get: (name: string) => string | undefined): Settings {
  const number = (name: string, fallback: number) => {
    const value = Number(get(name) ?? fallback);
    if (!Number.isInteger(value) || value < 1)
      throw new Error(`${name} must be a whole number > 0`);
    return value;
  };
  return {
    autoconfirm: get("AUTOCONFIRM") === "true",
    signUpDisabled: get("DISABLE_SIGNUP") === "true",
    siteUrl: get("SITE_URL") ?? "http://127.0.0.1:3000",
    redirectUrls: list(get("REDIRECT_URLS")),
    passwordMin: number("PASSWORD_MIN", 8),
    apiUrl: get("API_URL")?.replace(/\/+$/, "") || undefined,
    idle_ms: number("SESSION_IDLE_DAYS", 30) * DAY_MS,
    lifetime_ms: number("SESSION_LIFETIME_DAYS", 90) * DAY_MS,
    grace_ms: number("REFRESH_GRACE_SECONDS", 10) * 1000,
    limits: limitsOf(number("LIMIT_SCALE", 1)),
  };
}

function list(text = ""): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean);
}
