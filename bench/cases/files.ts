// A photograph, up and down.
import { photo, photoName } from "../data/world.ts";
import { photoId, uploaded } from "../peers/pocketbase.ts";
import type { Case } from "./case.ts";

const headers = { "content-type": "image/jpeg" };

const boundary = "----a-line-that-no-photo-holds";
/** As a browser's form sends it, which is how PocketBase takes files. */
const form = Buffer.concat([
  Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="photo.jpg"\r\n` +
      "content-type: image/jpeg\r\n\r\n",
  ),
  photo,
  Buffer.from(`\r\n--${boundary}--\r\n`),
]);

export const files: Case[] = [
  {
    name: "upload",
    title: "1 MB up",
    kind: "file",
    caller: "customer",
    variants: uploaded,
    ask: (n, world) => ({
      method: "POST",
      path: `/storage/v1/object/photos/${photoName(n, world)}`,
      headers: { ...headers, "x-upsert": "true" },
      body: photo,
    }),
    byHand: (n) => ({ method: "PUT", path: `/photos/${n}.jpg`, headers, body: photo }),
    pocketbase: (n) => ({
      method: "PATCH",
      path: `/api/collections/photos/records/${photoId(n)}`,
      headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
      body: form,
    }),
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
    pocketbase: (_, { photoFile, fileToken }) => ({
      method: "GET",
      path: `/api/files/photos/${photoId(uploaded)}/${photoFile}?token=${fileToken}`,
    }),
    expects: { trips: 1, statements: 2, rowsRead: 2, rowsWritten: 0 },
  },
];
