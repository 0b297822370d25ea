// The list. Adding a module is adding a line.
import type { Module } from "../kernel/module.ts";
import { accounts } from "./accounts/index.ts";
import { favourites } from "./favourites/index.ts";
import { ordering } from "./ordering/index.ts";
import { payments } from "./payments/index.ts";
import { restaurants } from "./restaurants/index.ts";
import { storage } from "./storage/index.ts";

export const modules: Module[] = [accounts, storage, restaurants, favourites, ordering, payments];
