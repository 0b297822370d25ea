// The nearest places first, one by one, from the index of cells. A queue in order of distance holds
// cells and places: a cell that comes up is replaced by its places, or by its four parts; a place
// that comes up is the next nearest. Whoever needs no more rows stops asking, so what is read is
// what lies around the caller, and how far that reaches nobody has to guess.
import { depth } from "./cells.ts";
import { between, type Cell, outOfCell, toCell } from "./distance.ts";

/** Neighbours along the index that the first cell is to reach: it is as small as they are near. */
const neighbours = 3;
/** Places that a cell may hold and be read whole; a larger one than the first, and others. */
const few = { large: 1, other: 12 };
/** Cells and places looked at before a search ends, however little it found. */
const maxSteps = 4000;

export interface Search {
  /** The rows to search, with `id`, `lat`, `lng`, `cuisine` and `_cell`. */
  source: string;
  /** SQL of the caller's place, its cell of the last depth (`x`, `y`) and its number. */
  at: { lat: string; lng: string; x: string; y: string; cell: string };
  /** SQL of the only cuisine to look for; it may be null, and then they all are. */
  cuisine?: string;
  /** SQL over `source` that a place must meet; it may name these columns as well. */
  where?: { sql: string; columns: string[] };
}

/** Kinds in the queue. */
const [outside, cell, place] = [0, 1, 2];

/** SQL that defines `near(h, kind, id, …)`: places (kind 2) by ascending haversine `h`. */
export function nearestFirst(search: Search): string {
  // What lies outside the first cell waits in the queue as one thing, which grows by being asked.
  const first = { x: "x", y: "y", d: "d" };
  const all = [
    `select 0.0,${cell},lo,x,y,d,d from start`,
    `select ${outOf(search, first)},${outside},lo,x,y,d,d from start where d>0`,
    `select e.value->>0,e.value->>1,e.value->>2,e.value->>3,e.value->>4,e.value->>5,n.first
      from near n cross join json_each(case n.kind
        when ${cell} then coalesce(${places(search)},${parts(search)})
        when ${outside} then ${around(search)} end) e
      where n.kind<>${place} order by 1,2,3 limit ${maxSteps}`,
  ];
  const start = `start(lo,x,y,d) as materialized (${firstCell(search)})`;
  return `recursive ${start},near(h,kind,id,x,y,d,first) as (${all.join(" union all ")})`;
}

function outOf({ at }: Search, of: Cell): string {
  return outOfCell(at.lat, at.lng, of);
}

/** What the queue is given, as JSON: haversine, kind, number, x, y, depth. */
function entry(search: Search, kind: number, number: string, of: Cell): string {
  const { lat, lng } = search.at;
  const h = kind === cell ? toCell(lat, lng, of) : outOf(search, of);
  return `json_array(${h},${kind},${number},${of.x},${of.y},${of.d})`;
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
  const smallest = `select max(${common("n")},${common("p")}) d from (${ends})`;
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
  const within = `_cell between n.id and n.id+${span("n.d")}-1`;
  const columns = ["id", "lat", "lng", ...(where?.columns ?? [])].join(",");
  const h = between(at.lat, at.lng, "lat", "lng");
  const filter = where ? `filter (where ${where.sql})` : "";
  const list = `json_group_array(json_array(${h},${place},id)) ${filter}`;
  const read = (limit: number) =>
    perCuisine(
      search,
      (which) => `(select iif(count(*)<=${limit},${list},null) from
        (select ${columns} from ${source} where ${which} ${within} limit ${limit + 1}))`,
    );
  const all = perCuisine(
    search,
    (which) => `(select ${list} from (select ${columns} from ${source} where ${which} ${within}))`,
  );
  return `case when n.d<n.first then ${read(few.large)}
    when n.d<${depth} then ${read(few.other)} else ${all} end`;
}

/** The four parts of a cell. */
function parts(search: Search): string {
  const part = (east: number, north: number) =>
    entry(search, cell, `n.id+${east + 2 * north}*${span("n.d+1")}`, {
      x: `(n.x*2+${east})`,
      y: `(n.y*2+${north})`,
      d: "(n.d+1)",
    });
  return `json_array(${[part(0, 0), part(1, 0), part(0, 1), part(1, 1)].join(",")})`;
}

/** What replaces the outside of a cell: its three siblings, and the outside of its parent. */
function around(search: Search): string {
  const [x, y] = ["(1-2*(n.x&1))", "(1-2*(n.y&1))"];
  const sibling = (east: string, north: string) =>
    entry(search, cell, `n.id+(${east}+2*${north})*${span("n.d")}`, {
      x: `(n.x+${east})`,
      y: `(n.y+${north})`,
      d: "n.d",
    });
  const siblings = [sibling(x, "0"), sibling("0", y), sibling(x, y)].join(",");
  const above = { x: "(n.x>>1)", y: "(n.y>>1)", d: "(n.d-1)" };
  const parent = entry(search, outside, `n.id&~(${span("n.d-1")}-1)`, above);
  return `iif(n.d>1,json_array(${siblings},${parent}),json_array(${siblings}))`;
}
