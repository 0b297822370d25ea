// Everything that is measured, in the order of its tables.
import { accounts } from "./accounts.ts";
import type { Case } from "./case.ts";
import { files } from "./files.ts";
import { reads } from "./reads.ts";
import { writes } from "./writes.ts";

export const cases: Case[] = [...reads, ...writes, ...accounts, ...files];
