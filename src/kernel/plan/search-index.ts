// The search index of a table: an FTS5 table of what its searchable columns say, by rowid. The
// migrations make it, and triggers keep it (scripts/search-index.ts).

/** A word that every text begins with, and one that none has: no caller's words hold either. */
export const PRESENT = "\ue000";
export const ABSENT = "\ue001";

export function indexName(sqlName: string): string {
  return `_search_${sqlName}`;
}
