// Rows as GeoJSON features (RFC 7946), where their table says which columns are a place.
import { Refusal } from "../errors.ts";
import type { Scope } from "./scope.ts";

/** The feature of a row, with what was selected as its properties; no place is no geometry. */
export function featureSql({ source, context }: Scope, properties: string): string {
  const point = source.table?.point;
  if (!point) throw new Refusal("PGRST107", { types: "application/geo+json" });
  const [lat, lng] = [context.column(point.lat), context.column(point.lng)];
  const place = `json_object('type','Point','coordinates',json_array(${lng},${lat}))`;
  const geometry = `json(iif(${lat} is null or ${lng} is null,null,${place}))`;
  return `json_object('type','Feature','geometry',${geometry},'properties',${properties})`;
}
