import type { Module } from "../../kernel/module.ts";
import { favourites as table } from "./tables.ts";

export const favourites: Module = {
  name: "favourites",
  needs: ["restaurants"],
  tables: [table],
};
