// OpenStreetMap's two common exports, GeoJSON and Overpass JSON, read as places with tags.

export interface Place {
  /** `node/123`; where the export names no object, its position stands for it. */
  osm_id: string;
  lat: number;
  lng: number;
  tags: Record<string, string>;
}

/** An export's places of the wanted kinds, and what else there was. */
export interface Export {
  places: Place[];
  skipped: { reason: string; example: string }[];
  notes: string[];
}

const wanted = new Set(["restaurant", "fast_food", "cafe"]);

type Position = [lng: number, lat: number];

interface Feature {
  id?: unknown;
  properties?: Record<string, unknown> | null;
  geometry?: { type?: string; coordinates?: unknown; geometries?: unknown } | null;
}

interface Element {
  type?: string;
  id?: number;
  lat?: number;
  lon?: number;
  center?: { lat: number; lon: number };
  bounds?: { minlat: number; minlon: number; maxlat: number; maxlon: number };
  geometry?: ({ lat: number; lon: number } | null)[];
  tags?: Record<string, unknown>;
}

interface Found {
  /** What it is cannot be told. */
  odd?: boolean;
  id: string | undefined;
  at: Position | undefined;
  tags: Record<string, string>;
}

/** Reads the text of an export; throws where it is neither form. */
export function readExport(text: string): Export {
  const found = foundIn(
    JSON.parse(text.replace(/^\uFEFF/, "")) as { features?: unknown; elements?: unknown },
  );
  const notes: string[] = [];
  const said = found.some(({ tags }) => tags.amenity !== undefined);
  if (!said && found.length > 0)
    notes.push("No feature says its amenity: all are taken for restaurants.");
  const result: Export = { places: [], skipped: [], notes };
  const known = new Set<string>();
  for (const [n, { odd, id, at, tags }] of found.entries()) {
    const example = `${id ?? `feature ${n + 1}`}${tags.name ? ` (${tags.name})` : ""}`;
    const skip = (reason: string) => result.skipped.push({ reason, example });
    if (odd) {
      skip("cannot be read");
      continue;
    }
    if (said && !wanted.has(tags.amenity ?? "")) {
      skip(tags.amenity ? "another amenity" : "no amenity");
      continue;
    }
    if (!at || !onEarth(at)) skip("no position");
    else {
      const osm_id = id ?? `point/${at[1]},${at[0]}`;
      if (known.has(osm_id)) skip(id ? "the same object twice" : "another at the same point");
      else result.places.push({ osm_id, lat: at[1], lng: at[0], tags });
      known.add(osm_id);
    }
  }
  return result;
}

function foundIn(document: { features?: unknown; elements?: unknown }): Found[] {
  if (Array.isArray(document?.features)) return readEach(document.features, fromFeature);
  if (!Array.isArray(document?.elements))
    throw new Error("neither GeoJSON (features) nor Overpass JSON (elements)");
  return readEach(document.elements, fromElement);
}

/** Anything may stand in a file: what is no object of its kind costs itself alone. */
function readEach<T>(list: T[], read: (one: T) => Found | undefined): Found[] {
  return list.flatMap((one) => {
    try {
      return read(one) ?? [];
    } catch {
      return [{ odd: true, id: undefined, at: undefined, tags: {} }];
    }
  });
}

const numbered = (id: unknown) => typeof id === "string" && /^(?:node|way|relation)\/\d+$/.test(id);

function fromFeature({ id, properties, geometry }: Feature): Found {
  const tags = tagsOf((properties?.tags as Record<string, unknown>) ?? properties ?? {});
  const named = [id, properties?.["@id"], properties?.id].find(numbered);
  return { id: named as string | undefined, at: centroid(geometry ?? {}), tags };
}

/** Nodes without tags only draw the ways that name them. */
function fromElement(element: Element): Found | undefined {
  const tags = tagsOf(element.tags ?? {});
  if (element.type === "node" && Object.keys(tags).length === 0) return undefined;
  const id = `${element.type}/${element.id}`;
  return { id: numbered(id) ? id : undefined, at: positionOf(element), tags };
}

function positionOf({ lat, lon, center, geometry, bounds }: Element): Position | undefined {
  if (lat !== undefined && lon !== undefined) return [lon, lat];
  if (center) return [center.lon, center.lat];
  // What lies outside the box that was asked for is null.
  const points = (geometry ?? []).flatMap((p): Position[] => (p ? [[p.lon, p.lat]] : []));
  if (points.length > 0) return ringCentroid(points);
  if (!bounds) return undefined;
  return [(bounds.minlon + bounds.maxlon) / 2, (bounds.minlat + bounds.maxlat) / 2];
}

function tagsOf(given: Record<string, unknown>): Record<string, string> {
  const pairs = Object.entries(given).filter(([, value]) => typeof value === "string");
  return Object.fromEntries(pairs.map(([key, value]) => [key, String(value).trim()]));
}

function onEarth([lng, lat]: Position): boolean {
  const within = (value: unknown, most: number) =>
    typeof value === "number" && Math.abs(value) <= most;
  return within(lat, 90) && within(lng, 180);
}

/** The middle of what a geometry draws; of several polygons, of the first. */
function centroid(geometry: NonNullable<Feature["geometry"]>): Position | undefined {
  const { type, coordinates, geometries } = geometry;
  if (type === "GeometryCollection") {
    const [first] = (geometries ?? []) as NonNullable<Feature["geometry"]>[];
    return first && centroid(first);
  }
  let inner = coordinates;
  while (Array.isArray(inner) && Array.isArray(inner[0]) && Array.isArray(inner[0][0]))
    inner = inner[0];
  if (!Array.isArray(inner)) return undefined;
  if (typeof inner[0] === "number") return inner as Position;
  return ringCentroid(inner as Position[]);
}

/** By area, seen from its first point, so that small rings far from the origin stay exact. */
function ringCentroid(ring: Position[]): Position | undefined {
  const [origin] = ring;
  if (!origin) return undefined;
  let [area, x, y] = [0, 0, 0];
  for (const [i, [lng, lat]] of ring.entries()) {
    const [nextLng, nextLat] = ring[(i + 1) % ring.length] as Position; // the ring is not empty
    const [ax, ay] = [lng - origin[0], lat - origin[1]];
    const [bx, by] = [nextLng - origin[0], nextLat - origin[1]];
    const cross = ax * by - bx * ay;
    area += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  if (area !== 0) return [origin[0] + x / (3 * area), origin[1] + y / (3 * area)];
  const mean = (at: 0 | 1) => ring.reduce((sum, point) => sum + point[at], 0) / ring.length;
  return [mean(0), mean(1)];
}
