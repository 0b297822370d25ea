// What the servers are called where people read.
const names: Record<string, string> = {
  vertebra: "Vertebra",
  limit: "bare Worker",
  "by-hand": "by hand",
  pocketbase: "PocketBase",
};

export const nameOf = (server: string): string => names[server] ?? server;
