// Buckets: declared ones, and those that the secret key makes; and who reads and writes in them.
import { beforeAll, describe, expect, test } from "vitest";
import { guest, openPlace, type Person, person, service } from "../people.ts";
import { call, credentials, keys, png, refusal, secret } from "./files.ts";

let ada: Person;
let bob: Person;
const admin = () => service().storage;
const picture = (text = "") => new Blob([png(text)], { type: "image/png" });
let n = 0;
const newBucket = async (options: { public: boolean; fileSizeLimit?: string | number }) => {
  const name = `made-${++n}`;
  const { error } = await admin().createBucket(name, options);
  if (error) throw error;
  return name;
};

beforeAll(async () => {
  [ada, bob] = await Promise.all([person("ada"), person("bob")]);
});

describe("over the API", () => {
  test("the secret key makes, shows, lists, changes and deletes them", async () => {
    const made = await admin().createBucket("letters", {
      public: false,
      fileSizeLimit: "20MB",
      allowedMimeTypes: ["image/*", "text/plain"],
    });
    expect(made).toMatchObject({ data: { name: "letters" }, error: null });
    expect((await admin().getBucket("letters")).data).toMatchObject({
      id: "letters",
      name: "letters",
      public: false,
      file_size_limit: 20 * 1024 * 1024,
      allowed_mime_types: ["image/*", "text/plain"],
      created_at: expect.stringMatching(/Z$/),
    });
    expect((await admin().updateBucket("letters", { public: true })).error).toBeNull();
    expect((await admin().getBucket("letters")).data).toMatchObject({
      public: true,
      file_size_limit: 20 * 1024 * 1024,
    });
    const names = (await admin().listBuckets()).data?.map(({ name }) => name);
    expect(names).toEqual(["letters", "menus", "photos"]);
    const some = await admin().listBuckets({ search: "men", limit: 1, sortColumn: "name" });
    expect(some.data).toMatchObject([{ name: "menus", public: true }]);
    expect((await admin().deleteBucket("letters")).data).toEqual({
      message: "Successfully deleted",
    });
    expect(refusal((await admin().getBucket("letters")).error)).toBe("404 NoSuchBucket 404");
  });

  test("nobody else does any of it", async () => {
    const name = await newBucket({ public: false });
    for (const client of [ada.db, guest()]) {
      const { storage } = client;
      expect((await storage.listBuckets()).data).toEqual([]);
      expect(refusal((await storage.getBucket(name)).error)).toBe("404 NoSuchBucket 404");
      const denied = "403 SecretKeyNeeded 403";
      expect(refusal((await storage.createBucket("mine")).error)).toBe(denied);
      expect(refusal((await storage.updateBucket(name, { public: true })).error)).toBe(denied);
      expect(refusal((await storage.emptyBucket(name)).error)).toBe(denied);
      expect(refusal((await storage.deleteBucket(name)).error)).toBe(denied);
    }
  });

  test("names are checked, and taken once", async () => {
    for (const bad of ["", "a/b", "public", "sign", "list", " a", "å", "x".repeat(101)]) {
      const { error } = await admin().createBucket(bad);
      expect([bad, refusal(error)]).toEqual([bad, "400 InvalidBucketName 400"]);
    }
    const name = await newBucket({ public: false });
    for (const taken of [name, "photos", "menus"]) {
      const { error } = await admin().createBucket(taken);
      expect([taken, refusal(error)]).toEqual([taken, "409 BucketAlreadyExists 409"]);
    }
    const guests = await guest().storage.updateBucket("photos", { public: true });
    expect(refusal(guests.error)).toBe("403 SecretKeyNeeded 403");
    const declared = await admin().deleteBucket("photos");
    expect(refusal(declared.error)).toBe("409 BucketIsDeclared 409");
    const gone = await admin().updateBucket("never-made", { public: true });
    expect(refusal(gone.error)).toBe("404 NoSuchBucket 404");
  });

  test("a bucket is deleted empty; emptying it takes the bytes too", async () => {
    const before = await keys();
    const name = await newBucket({ public: false });
    const from = admin().from(name);
    for (const file of ["a.png", "b/c.png"]) await from.upload(file, picture());
    expect(refusal((await admin().deleteBucket(name)).error)).toBe("409 BucketNotEmpty 409");
    expect((await admin().emptyBucket(name)).data).toEqual({ message: "Successfully emptied" });
    expect((await from.list()).data).toEqual([]);
    await expect.poll(keys).toEqual(before);
    expect((await admin().deleteBucket(name)).error).toBeNull();
    expect(refusal((await from.upload("a.png", picture())).error)).toBe("404 NoSuchBucket 404");
  });

  test("a private one is the secret key's, and for others is not there", async () => {
    const name = await newBucket({ public: false });
    expect((await admin().from(name).upload("a.png", picture())).error).toBeNull();
    for (const client of [ada.db, guest()]) {
      for (const bucket of [name, "nowhere"]) {
        const from = client.storage.from(bucket);
        const all = [
          await from.upload("b.png", picture()),
          await from.download("a.png"),
          await from.info("a.png"),
          await from.list(),
          await from.remove(["a.png"]),
          await from.move("a.png", "b.png"),
          await from.createSignedUrl("a.png", 60),
        ];
        const heard = all.map(({ error }) => refusal(error));
        expect([bucket, ...new Set(heard)]).toEqual([bucket, "404 NoSuchBucket 404"]);
      }
    }
  });

  test("a public one is read by its URL, and written by the secret key alone", async () => {
    const name = await newBucket({ public: true });
    const { error } = await admin().from(name).upload("dir/a b.png", picture("open"));
    expect(error).toBeNull();
    const { data } = guest().storage.from(name).getPublicUrl("dir/a b.png");
    const answer = await call("GET", data.publicUrl);
    expect(answer.status).toBe(200);
    expect((await answer.text()).slice(-4)).toBe("open");
    expect((await call("HEAD", data.publicUrl)).headers.get("content-length")).toBe(
      String(png("open").length),
    );
    const theirs = await ada.db.storage.from(name).upload("mine.png", picture());
    expect(refusal(theirs.error)).toBe("403 AccessDenied 403");
    const other = await call("GET", `${data.publicUrl}x`);
    expect([other.status, (await other.json<{ code: string }>()).code]).toEqual([404, "NoSuchKey"]);
  });

  test("of a public one, whoever asks reads the bytes; its list and its names stay", async () => {
    const name = await newBucket({ public: true });
    await admin().from(name).upload("a.png", picture("open"), { cacheControl: "60" });
    const bytes = png("open").length;
    for (const client of [ada.db, guest(), service()]) {
      const from = client.storage.from(name);
      expect(await (await from.download("a.png")).data?.text()).toMatch(/open$/);
      expect((await from.info("a.png")).data).toMatchObject({ name: "a.png", size: bytes });
      expect((await from.exists("a.png")).data).toBe(true);
      expect(refusal((await from.download("b.png")).error)).toBe("404 NoSuchKey 404");
      const headers = await credentials(client);
      for (const path of [`/object/${name}/a.png`, `/object/authenticated/${name}/a.png`]) {
        const answer = await call("HEAD", path, headers);
        expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "max-age=60"]);
        expect(answer.headers.get("content-length")).toBe(String(bytes));
      }
    }
    const gone = "404 NoSuchKey 404";
    for (const client of [ada.db, guest()]) {
      const from = client.storage.from(name);
      expect((await from.list()).data).toEqual([]);
      expect(refusal((await from.upload("b.png", picture())).error)).toBe("403 AccessDenied 403");
      expect(refusal((await from.update("a.png", picture())).error)).toBe(gone);
      expect(refusal((await from.move("a.png", "b.png")).error)).toBe(gone);
      expect(refusal((await from.copy("a.png", "b.png")).error)).toBe(gone);
      expect(refusal((await from.createSignedUrl("a.png", 60)).error)).toBe(gone);
      expect((await from.remove(["a.png"])).data).toEqual([]);
    }
  });

  test("limits on size and type hold, however the bytes come", async () => {
    const { error } = await admin().createBucket("tight", {
      public: false,
      fileSizeLimit: 100,
      allowedMimeTypes: ["image/png"],
    });
    expect(error).toBeNull();
    const from = admin().from("tight");
    expect((await from.upload("ok.png", picture())).error).toBeNull();
    const long = png("x".repeat(100));
    const large = "413 EntityTooLarge 413";
    expect(refusal((await from.upload("a.png", new Blob([long]))).error)).toBe(large);
    const raw = { contentType: "image/png" };
    expect(refusal((await from.upload("a.png", long, raw)).error)).toBe(large);
    const stream = new Blob([long]).stream();
    expect(refusal((await from.upload("a.png", stream, raw)).error)).toBe(large);
    const gif = await from.upload("a.gif", new Blob(["GIF89a"], { type: "image/gif" }));
    expect(gif.error).toMatchObject({
      statusCode: "415",
      message: "mime type image/gif is not supported",
    });
    const copied = await admin()
      .from("menus")
      .upload("x/big.png", new Blob([long]));
    expect(copied.error).toBeNull();
    const into = await admin()
      .from("menus")
      .move("x/big.png", "big.png", { destinationBucket: "tight" });
    expect(refusal(into.error)).toBe(large);
    expect((await from.list()).data?.map(({ name }) => name)).toEqual(["ok.png"]);
  });
});

test("R-F3 of pictures, a bucket takes what bytes prove", async () => {
  const { error } = await admin().createBucket("pictures", {
    public: false,
    allowedMimeTypes: ["image/*", "text/*", "model/gltf-binary"],
  });
  expect(error).toBeNull();
  const from = admin().from("pictures");
  const put = async (contentType: string, body: string) => {
    const made = await from.upload("x", body, { contentType, upsert: true });
    return made.error ? refusal(made.error) : "taken";
  };
  const refused = "415 InvalidMimeType 415";
  const page = "<!doctype html><script>alert(1)</script>";
  expect(await put("image/gif", "GIF89a\x01\x00")).toBe("taken");
  expect(await put("image/x-anything", page)).toBe(refused);
  expect(await put("image/x-foo", "MZ\x01\x02")).toBe(refused);
  expect(await put("image/svg+xml", '<svg onload="alert(1)"/>')).toBe(refused);
  expect(await put("text/csv", "a,b")).toBe("taken");
  expect(await put("model/gltf-binary", "glTF\x02")).toBe("taken");
  expect(await put("application/json", "{}")).toBe(refused);
  await admin().updateBucket("pictures", { public: false, allowedMimeTypes: ["image/svg+xml"] });
  expect(await put("image/svg+xml", "<svg/>")).toBe("taken");
});

describe("menus", () => {
  test("take pictures, PDF and plain text, and nothing that runs", async () => {
    const place = await openPlace({ name: "Ada's" }, ada);
    const from = ada.db.storage.from("menus");
    const kinds = { "text/plain": "soup", "text/html": "<html>", "application/x-msdownload": "MZ" };
    for (const [type, body] of Object.entries(kinds)) {
      const { error } = await from.upload(`${place}/${type}`, new Blob([body], { type }));
      const heard = error && refusal(error);
      expect([type, heard]).toEqual([
        type,
        type === "text/plain" ? null : "415 InvalidMimeType 415",
      ]);
    }
  });

  test("a restaurant's staff writes them, and everybody reads them", async () => {
    const place = await openPlace({ name: "Ada's" }, ada);
    const name = `${place}/menu.pdf`;
    const pdf = (text: string) => new Blob([`%PDF-1.7 ${text}`], { type: "application/pdf" });
    const menus = (client: Person["db"]) => client.storage.from("menus");
    for (const client of [bob.db, guest()]) {
      expect(refusal((await menus(client).upload(name, pdf("no"))).error)).toBe(
        "403 AccessDenied 403",
      );
    }
    expect((await menus(ada.db).upload(name, pdf("soup"))).error).toBeNull();
    for (const client of [bob.db, guest(), service()]) {
      expect(await (await menus(client).download(name)).data?.text()).toBe("%PDF-1.7 soup");
      expect((await menus(client).list(place)).data).toMatchObject([{ name: "menu.pdf" }]);
    }
    for (const client of [bob.db, guest()]) {
      expect(refusal((await menus(client).update(name, pdf("no"))).error)).toBe(
        "404 NoSuchKey 404",
      );
      const upsert = await menus(client).upload(name, pdf("no"), { upsert: true });
      expect(refusal(upsert.error)).toBe("403 AccessDenied 403");
      expect((await menus(client).remove([name])).data).toEqual([]);
      expect(refusal((await menus(client).move(name, `${place}/x.pdf`)).error)).toBe(
        "404 NoSuchKey 404",
      );
    }
    const { data } = guest().storage.from("menus").getPublicUrl(name);
    const answer = await call("GET", data.publicUrl);
    expect([answer.status, await answer.text()]).toEqual([200, "%PDF-1.7 soup"]);
    await service().from("staff").delete().eq("restaurant_id", place);
    expect(refusal((await menus(ada.db).update(name, pdf("late"))).error)).toBe(
      "404 NoSuchKey 404",
    );
  });
});

describe("list", () => {
  const tree = ["a.png", "b/1.png", "b/2.png", "b/c/3.png", "B.png", "d/4.png", "é.png"];
  const from = (client: Person["db"] = ada.db) => client.storage.from("photos");
  beforeAll(async () => {
    for (const file of tree) await from().upload(`${ada.id}/${file}`, picture());
    await from(bob.db).upload(`${bob.id}/secret.png`, picture());
  });
  const names = async (path: string, options = {}, client = ada.db) =>
    (await from(client).list(path, options)).data?.map(({ name }) => name);

  test("files and folders, by name", async () => {
    const { data } = await from().list(ada.id);
    expect(data?.map(({ name, id }) => [name, id === null])).toEqual([
      ["B.png", false],
      ["a.png", false],
      ["b", true],
      ["d", true],
      ["é.png", false],
    ]);
    expect(data?.[1]).toMatchObject({
      metadata: { size: png().length, mimetype: "image/png", cacheControl: "max-age=3600" },
    });
    expect(await names(`${ada.id}/b`)).toEqual(["1.png", "2.png", "c"]);
    expect(await names(`${ada.id}/b/`)).toEqual(["1.png", "2.png", "c"]);
    expect(await names(`${ada.id}/nothing`)).toEqual([]);
  });

  test("in pages, in other orders, and by the beginning of a name", async () => {
    expect(await names(ada.id, { limit: 2 })).toEqual(["B.png", "a.png"]);
    expect(await names(ada.id, { limit: 2, offset: 2 })).toEqual(["b", "d"]);
    const down = { sortBy: { column: "name", order: "desc" } };
    expect(await names(ada.id, down)).toEqual(["é.png", "d", "b", "a.png", "B.png"]);
    expect(await names(ada.id, { search: "B" })).toEqual(["B.png", "b"]);
    const newest = await names(ada.id, { sortBy: { column: "created_at", order: "desc" } });
    expect(newest).toEqual(["é.png", "B.png", "a.png", "b", "d"]);
  });

  test("everybody sees their own", async () => {
    expect(await names("")).toEqual([ada.id]);
    expect(await names("", {}, bob.db)).toEqual([bob.id]);
    expect(await names(ada.id, {}, bob.db)).toEqual([]);
    expect(await names("", {}, guest())).toEqual([]);
    expect((await names("", {}, service()))?.sort()).toEqual([ada.id, bob.id].sort());
  });

  test("its second version goes on from a cursor", async () => {
    const prefix = `${ada.id}/`;
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { data, error } = await from().listV2({
        prefix,
        limit: 2,
        with_delimiter: true,
        ...(cursor !== undefined && { cursor }),
      });
      if (error) throw error;
      seen.push(...data.objects.map(({ name }) => name), ...data.folders.map(({ name }) => name));
      cursor = data.nextCursor;
      expect(data.hasNext).toBe(cursor !== undefined);
    } while (cursor !== undefined);
    expect(seen.map((name) => name.slice(prefix.length)).sort()).toEqual(
      ["B.png", "a.png", "b/", "d/", "é.png"].sort(),
    );
    const none = await from().listV2({ prefix, limit: 0 });
    expect(none.data).toEqual({ hasNext: false, folders: [], objects: [] });
    const flat = await from().listV2({ prefix });
    expect(flat.data?.objects).toHaveLength(tree.length);
    expect((await from(bob.db).listV2({ prefix })).data?.objects).toEqual([]);
  });
});

test("an ended session reads and writes nothing more", async () => {
  const eve = await person("eve");
  const path = `${eve.id}/a.png`;
  await eve.db.storage.from("photos").upload(path, picture());
  const headers = await credentials(eve.db);
  expect((await call("GET", `/object/photos/${path}`, headers)).status).toBe(200);
  await eve.db.auth.signOut();
  const body = new Blob([png()], { type: "image/png" });
  const heard = [
    await call("GET", `/object/photos/${path}`, headers),
    await call("PUT", `/object/photos/${path}`, headers, body),
    await call("POST", "/object/list/photos", headers, "{}"),
  ];
  expect(heard.map(({ status }) => status)).toEqual([401, 401, 401]);
  expect((await call("GET", `/object/photos/${path}`, secret)).status).toBe(200);
});
