import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { SupabaseClient } from "@supabase/supabase-js";
import { type Chapter, expects, fact, granted, refused, type Stage } from "../stage.ts";
import { bytes } from "../words.ts";
import { ada, eve } from "./accounts.ts";

const portrait = readFileSync(path.join(import.meta.dirname, "portrait.jpg"));
const link_s = 60;

/** Its path, below the person's own folder. */
const photo = fact<string>("the photo");
const signedUrl = fact<string>("the signed URL");

export const storage: Chapter = {
  arrives: [
    {
      says: "uploads a photo of herself",
      async does(stage) {
        const { id, client } = ada.of(stage);
        const name = `${id}/portrait.jpg`;
        const options = { contentType: "image/jpeg" };
        const put = client.storage.from("photos").upload(name, portrait, options);
        const { fullPath } = await granted<{ fullPath: string }>(put);
        expects(fullPath === `photos/${name}`, `photos/${name}`, fullPath);
        photo.is(stage, name);
        return `portrait.jpg, ${bytes(portrait.length)}, private`;
      },
    },
    {
      says: "sees it through a signed URL",
      async does(stage) {
        const photos = ada.of(stage).client.storage.from("photos");
        const link = photos.createSignedUrl(photo.of(stage), link_s);
        const url = (await granted<{ signedUrl: string }>(link)).signedUrl;
        const answer = await stage.fetch(url);
        const shown = Buffer.from(await answer.arrayBuffer());
        const type = answer.headers.get("content-type");
        expects(answer.ok && type === "image/jpeg", "a picture", `${answer.status} ${type}`);
        expects(digest(shown) === digest(portrait), "the bytes she sent", bytes(shown.length));
        signedUrl.is(stage, url);
        return `${type}, byte for byte, for ${link_s} s`;
      },
    },
    {
      says: "spoils the signature, then leaves it out",
      async does(stage) {
        const url = signedUrl.of(stage);
        const spoiled = url.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
        const all = [
          url.replace(/\?.*$/, ""),
          spoiled,
          `${stage.url}/storage/v1/object/public/photos/${photo.of(stage)}`,
        ];
        const codes = await Promise.all(all.map((address) => turnedAway(stage, address)));
        return `refused (${[...new Set(codes)].join(", ")})`;
      },
    },
  ],
  stranger: [
    {
      says: "asks for the photo, its folder, a signed URL",
      does: (stage) => findsNoPhoto(stage, eve.of(stage).client),
    },
  ],
  guest: [
    {
      says: "asks for the photo, its folder, a signed URL",
      does: (stage) => findsNoPhoto(stage, stage.guest),
    },
  ],
};

async function turnedAway(stage: Stage, address: string): Promise<number> {
  const answer = await stage.fetch(address);
  const body = Buffer.from(await answer.arrayBuffer());
  expects(answer.status >= 400 && answer.status < 500, "a refusal", answer.status);
  expects(!body.includes(portrait), "no photo", bytes(body.length));
  return answer.status;
}

async function findsNoPhoto(stage: Stage, other: SupabaseClient): Promise<string> {
  const [photos, name] = [other.storage.from("photos"), photo.of(stage)];
  const mine = ada.of(stage).client.storage.from("photos").list(ada.of(stage).id);
  expects((await granted<unknown[]>(mine)).length === 1, "one file of Ada's", "another number");
  await refused(photos.download(name), "NoSuchKey");
  const listed = await granted<unknown[]>(photos.list(ada.of(stage).id));
  expects(listed.length === 0, "an empty folder", listed);
  await refused(photos.createSignedUrl(name, link_s), "NoSuchKey");
  stage.kept.attempts += 3;
  return "none of them";
}

function digest(of: Uint8Array): string {
  return createHash("sha256").update(of).digest("hex");
}
