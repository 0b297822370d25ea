// The nearest places first, one by one, from the index of cells. A queue in order of distance holds
// cells and places: a cell that comes up is replaced by its places, or by its sixteen parts; a
// place that comes up is the next nearest. Whoever needs no more rows stops asking, so what is read
// is what lies around the caller, and how far that reaches nobody has to guess.
import { depth } from "./cells.ts";
import { between, type Cell, outOfCell, toCell } from "./distance.ts";

/** Neighbours along the index that the first cell is to reach: it is as small as they are near. */
const neighbours = 4;
/** Places that a cell may hold and be read whole; a larger one than the first, and others. */
const few = { large: 1, other: 16 };
/** Levels from a cell to its parts: four by four of them. */
const levels = 2;
/** Cells and places looked at before a search ends, however little it found. */
const maxSteps = 4000;

export interface Search {
  /** The rows to search, with `id`, `lat`, `lng`, `cuisine` and `_cell`. */
  source: string;
  /** SQL of the caller's place, its cell of the last depth (`x`, `y`) and its number. */
  at: { lat: string; lng: string; x: string; y: string; cell: string };
  /** SQL of the only cuisine to look for; it may be null, and then they all are. */
  cuisine?: string;
  /** SQL of the haversine beyond which nothing is looked at. */
  within?: string;
  /** SQL over `source` that a place must meet; it may name these columns as well. */
  where?: { sql: string; columns: string[] };
}

/** Kinds in the queue; of two that are equally far, the earlier one comes up first. */
const [outside, cell, split, place] = [0, 1, 2, 3];

/** SQL that defines `near(h, kind, id, …)`: places (kind 3) by ascending haversine `h`. */
export function nearestFirst(search: Search): string {
  // Parts come from VALUES that stand first in their join: those are not counted as rows read.
  const queue = [
    `select 0.0,${cell},lo,x,y,d,d from start`,
    `select ${beyond(search, { x: "x", y: "y", d: "d" }, "d")} from start where d>0`,
    `select e.value->>0,e.value->>1,e.value->>2,n.x,n.y,n.d,n.first from near n cross join
      json_each(coalesce(${places(search)},json_array(json_array(n.h,${split},n.id)))) e
      where n.kind=${cell}`,
    part(search),
    `select ${beyond(search, { x: "n.x", y: "n.y", d: "n.d" }, "n.first")} from near n
      where n.kind=${outside} and n.d>0`,
  ];
  const start = `start(lo,x,y,d) as materialized (${firstCell(search)})`;
  const ordered = `${queue.join(" union all ")} order by 1,2,3 limit ${maxSteps}`;
  const near = `near(h,kind,id,x,y,d,first) as (${ordered})`;
  return `recursive ${start},parts(x,y,z) as (values ${parts()}),${near}`;
}

/** What is too far is not put into the queue. */
function reach({ within }: Search, h: string): string {
  return within === undefined ? "true" : `${h}<=${within}`;
}

/** The parts of a cell that is split, or of one around the caller: those that are new. */
function part(search: Search): string {
  const { at } = search;
  const [x, y, d] = ["(n.x*4+p.x)", "(n.y*4+p.y)", `(n.d+${levels})`];
  const h = toCell(at.lat, at.lng, { x, y, d });
  const known = `${x}=${at.x}>>(${depth}-${d}) and ${y}=${at.y}>>(${depth}-${d})`;
  return `select ${h},${cell},n.id+p.z*${span(d)},${x},${y},${d},n.first from parts p
    cross join near n where (n.kind=${split} or n.kind=${outside} and not(${known}))
    and ${reach(search, h)}`;
}

/** The parts of a cell: their places in it, and along the curve. */
function parts(): string {
  const one = (x: number, y: number) =>
    `(${x},${y},${(x & 1) + 2 * (y & 1) + 4 * (x >> 1) + 8 * (y >> 1)})`;
  return [0, 1, 2, 3].flatMap((x) => [0, 1, 2, 3].map((y) => one(x, y))).join(",");
}

/**
 * What lies around a cell of the caller's waits in the queue as one thing, which grows by coming
 * up: the other parts of the cell above, and what lies around that.
 */
function beyond({ at }: Search, { x, y, d }: Cell, first: string): string {
  const h = outOfCell(at.lat, at.lng, { x, y, d });
  const above = `(${d}-${levels})`;
  const number = `${at.cell}&~(${span(above)}-1)`;
  return `${h},${outside},${number},${x}>>${levels},${y}>>${levels},${above},${first}`;
}

/** Numbers that a cell of a depth spans. */
const span = (d: string) => `(1<<2*(${depth}-(${d})))`;

/** The smallest cell of the caller's that holds some neighbours along the index. */
function firstCell(search: Search): string {
  const { x, y, cell: here } = search.at;
  const common = (other: string) => {
    const differ = `max((${here}|${other})-(${here}&${other}),1)`;
    return `coalesce(${depth}-(cast(log2(${differ}) as integer)+2)/2,0)`;
  };
  const along = (toward: string) =>
    perCuisine(
      search,
      (which) => `(select _cell from ${search.source} where ${which} _cell${toward}
        limit 1 offset ${neighbours - 1})`,
    );
  const after = along(`>=${here} order by _cell`);
  const before = along(`<${here} order by _cell desc`);
  const ends = `select ${after} n,${before} p`;
  const smallest = `select max(${common("n")},${common("p")})/${levels}*${levels} d from (${ends})`;
  const number = `${here}&~(${span("d")}-1)`;
  return `select ${number},${x}>>(${depth}-d),${y}>>(${depth}-d),d from (${smallest})`;
}

/** By one index or another, whether or not a cuisine is asked for. */
function perCuisine(search: Search, sql: (which: string) => string): string {
  const { cuisine } = search;
  if (cuisine === undefined) return sql("");
  return `iif(${cuisine} is null,${sql("")},${sql(`cuisine=${cuisine} and`)})`;
}

/** The places of a cell, as JSON; null where they are more than a few. */
function places(search: Search): string {
  const { source, where, at } = search;
  const inCell = `_cell between n.id and n.id+${span("n.d")}-1`;
  const columns = ["id", "lat", "lng", ...(where?.columns ?? [])].join(",");
  const h = between(at.lat, at.lng, "lat", "lng");
  const filter = `filter (where ${where?.sql ?? "true"} and ${reach(search, h)})`;
  const list = `json_group_array(json_array(${h},${place},id)) ${filter}`;
  const read = (limit: string, whole: string) =>
    perCuisine(
      search,
      (which) => `(select ${whole} from
        (select ${columns} from ${source} where ${which} ${inCell} ${limit}))`,
    );
  const some = (n: number) => read(`limit ${n + 1}`, `iif(count(*)<=${n},${list},null)`);
  return `case when n.d<n.first then ${some(few.large)}
    when n.d<${depth} then ${some(few.other)} else ${read("", list)} end`;
}
