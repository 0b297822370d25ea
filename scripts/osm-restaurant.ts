// A place of OpenStreetMap as a row of restaurants. Menus are not invented.
import tzLookup from "@photostructure/tz-lookup";
import { getTimezone } from "countries-and-timezones";
import countryToCurrency from "country-to-currency";
import type { Place } from "./osm.ts";
import { type ReadHours, readHours, type Where } from "./osm-hours.ts";

/** The columns an import writes; undefined is what the export does not say. */
export interface Imported {
  osm_id: string;
  name: string;
  cuisine: string;
  lat: number;
  lng: number;
  address: string;
  city: string | undefined;
  phone: string | undefined;
  time_zone: string;
  hours: object | undefined;
  currency: string;
}

export type Made = { row: Imported; remarks: string[] } | { reason: string };

const kinds: Record<string, string> = { cafe: "Café", fast_food: "Fast food" };
const separator = /\s*[;,]\s*/;
const known = new Map<string, ReadHours>();

/** The row, or why there is none; `today` is the day from which hours count. */
export function restaurantOf({ osm_id, lat, lng, tags }: Place, today: string): Made {
  const name = tags.name || tags["name:en"];
  if (!name) return { reason: "no name" };
  const time_zone = tzLookup(lat, lng);
  const country = tags["addr:country"]?.toUpperCase() || getTimezone(time_zone)?.countries[0] || "";
  const currency = (countryToCurrency as Record<string, string>)[country];
  if (!currency) return { reason: "in no country with a currency" };
  const remarks: string[] = [];
  const hours = hoursOf(tags.opening_hours, { lat, lng, country }, today);
  if (!hours) remarks.push("no opening_hours");
  else {
    const remark = "reason" in hours ? hours.reason : hours.remark;
    if (remark) remarks.push(`${remark}: ${tags.opening_hours}`);
  }
  const address = addressOf(tags);
  if (!address) remarks.push("no address");
  const row: Imported = {
    osm_id,
    name: cut(name, 100),
    cuisine: cut(cuisineOf(tags), 50),
    lat,
    lng,
    address: cut(address, 250),
    city:
      cut(tags["addr:city"] || tags["addr:town"] || tags["addr:suburb"] || "", 100) || undefined,
    phone: phoneOf(tags.phone || tags["contact:phone"]),
    time_zone,
    hours: hours && "hours" in hours ? hours.hours : undefined,
    currency,
  };
  return { row, remarks };
}

/** Many places share their words, and a year of holidays takes a while to lay out. */
function hoursOf(text: string | undefined, where: Where, today: string): ReadHours | undefined {
  if (!text) return undefined;
  const place = /PH|SH|sun|dawn|dusk/.test(text) ? `${where.lat},${where.lng}` : "";
  const key = `${today} ${where.country} ${place} ${text}`;
  const read = known.get(key) ?? readHours(text, where, today);
  known.set(key, read);
  return read;
}

/** The first of its cuisines, as a person would write it. */
function cuisineOf(tags: Record<string, string>): string {
  const [first] = (tags.cuisine ?? "").split(separator);
  const words = first?.replaceAll("_", " ").trim();
  if (!words) return kinds[tags.amenity ?? ""] ?? "Restaurant";
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function addressOf(tags: Record<string, string>): string {
  if (tags["addr:full"]) return tags["addr:full"];
  const number = tags["addr:housenumber"] ?? tags["addr:housename"];
  const street = tags["addr:street"] ?? tags["addr:place"];
  const parts = [[number, street].filter(Boolean).join(" "), tags["addr:postcode"]];
  return street || number ? parts.filter(Boolean).join(", ") : "";
}

function phoneOf(text: string | undefined): string | undefined {
  return cut(text?.split(separator)[0] ?? "", 60) || undefined;
}

function cut(text: string, characters: number): string {
  return [...text].slice(0, characters).join("");
}
