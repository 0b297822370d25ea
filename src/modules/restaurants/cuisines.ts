import type { Fn } from "../../kernel/module.ts";
import { restaurants } from "./tables.ts";

/** Which cuisines there are, in a city or anywhere, and how many restaurants offer each. */
export const cuisines: Fn = {
  name: "cuisines",
  params: { city: { kind: "text", fallback: null } },
  relation: {
    of: restaurants,
    summary: true,
    columns: { cuisine: "text", restaurants: "integer" },
    // One of the two finds nothing, and reads nothing; with `or` no index would be used.
    sql: ({ source, param }) =>
      `select cuisine, count(*) restaurants from ${source}
       where ${param("city")} is null group by cuisine
       union all select cuisine, count(*) from ${source}
       where city = ${param("city")} group by cuisine`,
  },
};
