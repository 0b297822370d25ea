// What the servers are called where people read.
const names: Record<string, string> = {
  vertebra: "Vertebra",
  limit: "bare Worker",
  "by-hand": "by hand",
  pocketbase: "PocketBase",
};

/** In the order of columns. */
export const serversIn = (found: { figures: object }[]): string[] =>
  Object.keys(names).filter((name) => found.some(({ figures }) => name in figures));

export const nameOf = (server: string): string => names[server] ?? server;
