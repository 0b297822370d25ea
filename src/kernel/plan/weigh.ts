// How many bytes an answer may have. D1 gives all of its rows at once, and the Worker holds them
// as they came, as texts and as the answer: what is too much must end inside the statement.
import { raisedBy, raisingSql } from "./guard.ts";
import { type BoundStatement, bounded } from "./sql.ts";

/** Bytes of the rows of one answer: a Worker of 128 MB holds some five copies. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Raised, not refused: the page has to be weighed. */
const HEAVY = "heavy";

/**
 * The statement of a page of so many rows at most, none of which is larger than its share; costs
 * nothing more. D1 builds no row that is larger than all of it.
 */
export function light(page: BoundStatement, rows: number): BoundStatement {
  if (rows <= 1) return page;
  const share = Math.floor(MAX_ANSWER_BYTES / rows);
  return ending(page, "octet_length(page.j)", share, HEAVY);
}

/** Was a row larger than its share? Its page may still be answered, if others are smaller. */
export function isHeavy(error: unknown): boolean {
  return error instanceof Error && raisedBy(error.message)?.code === HEAVY;
}

/** The statement, weighed row by row: `page_too_large`. D1 counts each row twice more. */
export function weighed(page: BoundStatement): BoundStatement {
  const so_far = "sum(octet_length(page.j)) over (rows unbounded preceding)";
  return ending(page, so_far, MAX_ANSWER_BYTES, `page_too_large:max_bytes=${MAX_ANSWER_BYTES}`);
}

/** The condition, which always holds, keeps SQLite from making each row at each mention of it. */
function ending(page: BoundStatement, bytes: string, most: number, raised: string) {
  const ends = `iif(${bytes}>${most},${raisingSql(raised)},0)`;
  return { ...page, sql: bounded(`select page.*,${ends} as w from (${page.sql}) page where true`) };
}
