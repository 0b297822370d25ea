// A photograph, up and down.
import { photo, photoName } from "../data/world.ts";
import type { Case } from "./case.ts";

const headers = { "content-type": "image/jpeg" };

export const files: Case[] = [
  {
    name: "upload",
    title: "1 MB up",
    kind: "file",
    caller: "customer",
    variants: 16,
    ask: (n, world) => ({
      method: "POST",
      path: `/storage/v1/object/photos/${photoName(n, world)}`,
      headers: { ...headers, "x-upsert": "true" },
      body: photo,
    }),
    byHand: (n) => ({ method: "PUT", path: `/photos/${n}.jpg`, headers, body: photo }),
    expects: { trips: 3, statements: 18, rowsRead: 35, rowsWritten: 18 },
  },
  {
    name: "download",
    title: "1 MB down",
    kind: "file",
    caller: "customer",
    limit: "download",
    variants: 1,
    ask: (_, world) => ({
      method: "GET",
      path: `/storage/v1/object/authenticated/photos/${photoName(0, world)}`,
    }),
    byHand: () => ({ method: "GET", path: "/photos/0.jpg" }),
    expects: { trips: 1, statements: 2, rowsRead: 2, rowsWritten: 0 },
  },
];
