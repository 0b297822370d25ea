// Every method of a bucket's client, for the owner, a stranger, a guest and the secret key.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { guest, type Person, person, service } from "../people.ts";
import { call, png, refusal, storageUrl } from "./files.ts";

let ada: Person;
let bob: Person;
let path: string;

beforeAll(async () => {
  [ada, bob] = await Promise.all([person("ada"), person("bob")]);
});

let n = 0;
beforeEach(() => {
  path = `${ada.id}/${++n}.png`;
});

const photos = (of: Person) => of.db.storage.from("photos");
const others = () => [
  ["stranger", photos(bob)] as const,
  ["guest", guest().storage.from("photos")] as const,
];
const blob = (text = "", type = "image/png") => new Blob([png(text)], { type });
const put = async (text = "") => {
  const { data, error } = await photos(ada).upload(path, blob(text));
  if (error) throw error;
  return data;
};
const textOf = async (from: ReturnType<typeof photos>, name = path) => {
  const { data, error } = await from.download(name);
  if (error) throw error;
  return (await data.text()).slice(-4);
};
const notFound = "404 NoSuchKey 404";
const denied = "403 AccessDenied 403";

describe("upload", () => {
  test("a blob goes as a form, and comes back as it was", async () => {
    const { data, error } = await photos(ada).upload(path, blob("blob"), {
      cacheControl: "60",
      metadata: { mood: "høyt" },
    });
    expect(error).toBeNull();
    expect(data).toEqual({ path, fullPath: `photos/${path}`, id: expect.any(String) });
    const got = await photos(ada).download(path);
    expect(got.data?.type).toBe("image/png");
    expect(new Uint8Array((await got.data?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(
      png("blob"),
    );
    const { data: info } = await photos(ada).info(path);
    expect(info).toMatchObject({
      name: path,
      bucketId: "photos",
      size: png("blob").length,
      contentType: "image/png",
      cacheControl: "max-age=60",
      metadata: { mood: "høyt" },
    });
  });

  test("bytes go as they are", async () => {
    const options = { contentType: "image/png", cacheControl: "5", metadata: { a: "ü" } };
    expect((await photos(ada).upload(path, png("raw!"), options)).error).toBeNull();
    expect(await textOf(photos(ada))).toBe("raw!");
    const { data: info } = await photos(ada).info(path);
    expect(info).toMatchObject({ cacheControl: "max-age=5", metadata: { a: "ü" } });
  });

  test("a stream of unknown length goes too", async () => {
    const body = new Blob([png("flow")]).stream();
    const { error } = await photos(ada).upload(path, body, { contentType: "image/png" });
    expect(error).toBeNull();
    expect(await textOf(photos(ada))).toBe("flow");
  });

  test("a name that is taken is Duplicate, unless the upload replaces it", async () => {
    const first = await put("one!");
    const again = await photos(ada).upload(path, blob("two!"));
    expect(again.error).toMatchObject({
      status: 409,
      statusCode: "409",
      message: "The resource already exists",
    });
    expect(await textOf(photos(ada))).toBe("one!");
    const upserted = await photos(ada).upload(path, blob("new!"), { upsert: true });
    expect(upserted.data?.id).toBe(first.id);
    expect(await textOf(photos(ada))).toBe("new!");
    const fresh = await photos(ada).upload(`${ada.id}/fresh.png`, blob(), { upsert: true });
    expect(fresh.error).toBeNull();
  });

  test("nobody else puts a file there; the service may", async () => {
    for (const [who, from] of others()) {
      for (const upsert of [false, true]) {
        const { error } = await from.upload(path, blob(), { upsert });
        expect([who, refusal(error)]).toEqual([who, denied]);
      }
    }
    expect((await photos(ada).download(path)).error).not.toBeNull();
    const { error } = await service().storage.from("photos").upload(path, blob("gift"));
    expect(error).toBeNull();
    expect(await textOf(photos(ada))).toBe("gift");
  });

  test("what is taken and what is free are refused alike to whom they are nothing", async () => {
    await put();
    const at = (name: string) => photos(bob).upload(name, blob());
    expect(refusal((await at(path)).error)).toBe(refusal((await at(`${path}x.png`)).error));
  });

  test("files outside of all folders are nobody's", async () => {
    expect(refusal((await photos(ada).upload("alone.png", blob())).error)).toBe(denied);
    expect(refusal((await photos(ada).upload(ada.id, blob())).error)).toBe(denied);
  });
});

describe("update", () => {
  test("replaces what is there, and nothing else", async () => {
    const missing = await photos(ada).update(path, blob());
    expect(refusal(missing.error)).toBe(notFound);
    const { id } = await put("one!");
    const { data, error } = await photos(ada).update(path, blob("two!"));
    expect(error).toBeNull();
    expect(data?.id).toBe(id);
    expect(await textOf(photos(ada))).toBe("two!");
  });

  test("for others there is nothing", async () => {
    await put("mine");
    for (const [who, from] of others()) {
      const { error } = await from.update(path, blob("evil"));
      expect([who, refusal(error)]).toEqual([who, notFound]);
    }
    const { error } = await service().storage.from("photos").update(path, blob("svc!"));
    expect(error).toBeNull();
    expect(await textOf(photos(ada))).toBe("svc!");
  });
});

describe("download, info and exists", () => {
  test("for others the file is as one that is not there", async () => {
    await put();
    for (const [who, from] of others()) {
      for (const name of [path, `${path}.not`]) {
        expect([who, refusal((await from.download(name)).error)]).toEqual([who, notFound]);
        expect([who, refusal((await from.info(name)).error)]).toEqual([who, notFound]);
        expect([who, (await from.exists(name)).data]).toEqual([who, false]);
      }
    }
    expect((await photos(ada).exists(path)).data).toBe(true);
    expect((await photos(ada).exists(`${path}.not`)).data).toBe(false);
    expect(await textOf(service().storage.from("photos"))).toHaveLength(4);
  });

  test("a private file has no public URL", async () => {
    await put();
    const { data } = photos(ada).getPublicUrl(path);
    const answer = await call("GET", data.publicUrl);
    expect([answer.status, await answer.json()]).toEqual([
      404,
      {
        statusCode: "404",
        error: "Bucket not found",
        message: "Bucket not found",
        code: "NoSuchBucket",
      },
    ]);
    const unknown = await call("GET", `${storageUrl}/object/public/nowhere/${path}`);
    expect(unknown.status).toBe(404);
  });
});

describe("remove", () => {
  test("takes what is one's own, and says what it took", async () => {
    await put();
    for (const [who, from] of others()) {
      expect([who, (await from.remove([path])).data]).toEqual([who, []]);
    }
    const { data } = await photos(ada).remove([path, path, `${path}.not`]);
    expect(data).toMatchObject([{ name: path, bucket_id: "photos", owner: ada.id }]);
    expect(refusal((await photos(ada).download(path)).error)).toBe(notFound);
    await put();
    expect((await service().storage.from("photos").remove([path])).data).toHaveLength(1);
  });
});

describe("move and copy", () => {
  test("move keeps the file and changes its name", async () => {
    const { id } = await put("move");
    const to = `${ada.id}/moved/${n}.png`;
    expect((await photos(ada).move(path, to)).data).toEqual({ message: "Successfully moved" });
    expect(refusal((await photos(ada).download(path)).error)).toBe(notFound);
    expect(await textOf(photos(ada), to)).toBe("move");
    expect((await photos(ada).info(to)).data?.id).toBe(id);
  });

  test("neither goes where the caller may not put, or where something is", async () => {
    await put("mine");
    await photos(ada).upload(`${ada.id}/taken${n}.png`, blob("keep"));
    for (const verb of ["move", "copy"] as const) {
      const away = await photos(ada)[verb](path, `${bob.id}/x.png`);
      expect([verb, refusal(away.error)]).toEqual([verb, denied]);
      const onto = await photos(ada)[verb](path, `${ada.id}/taken${n}.png`);
      expect([verb, refusal(onto.error)]).toEqual([verb, "409 KeyAlreadyExists 409"]);
      const itself = await photos(ada)[verb](path, path);
      expect([verb, refusal(itself.error)]).toEqual([verb, "409 KeyAlreadyExists 409"]);
      const gone = await photos(ada)[verb](`${path}.not`, `${ada.id}/y.png`);
      expect([verb, refusal(gone.error)]).toEqual([verb, notFound]);
      for (const [who, from] of others()) {
        const stolen = await from[verb](path, `${bob.id}/stolen.png`);
        expect([verb, who, refusal(stolen.error)]).toEqual([verb, who, notFound]);
      }
    }
    expect(await textOf(photos(ada))).toBe("mine");
    expect(await textOf(photos(ada), `${ada.id}/taken${n}.png`)).toBe("keep");
  });

  test("neither tells whether a hidden name is taken", async () => {
    await put("mine");
    const hidden = `${bob.id}/hidden${n}.png`;
    expect((await photos(bob).upload(hidden, blob())).error).toBeNull();
    const { storage } = service();
    await storage.createBucket(`open${n}`, { public: true });
    await storage.from(`open${n}`).upload("k.png", blob());
    const open = { destinationBucket: `open${n}` };
    for (const verb of ["move", "copy"] as const) {
      for (const name of [hidden, `${bob.id}/absent.png`]) {
        expect([verb, refusal((await photos(ada)[verb](path, name)).error)]).toEqual([
          verb,
          denied,
        ]);
      }
      for (const name of ["k.png", "absent.png"]) {
        const { error } = await photos(ada)[verb](path, name, open);
        expect([verb, refusal(error)]).toEqual([verb, denied]);
      }
    }
    expect(await textOf(photos(ada))).toBe("mine");
  });

  test("a copy is a file of its own", async () => {
    await put("copy");
    const to = `${ada.id}/copied${n}.png`;
    const { data, error } = await photos(ada).copy(path, to);
    expect([error, data]).toEqual([null, { path: `photos/${to}` }]);
    await photos(ada).remove([path]);
    expect(await textOf(photos(ada), to)).toBe("copy");
  });

  test("the service moves between buckets; a person may not put into the other", async () => {
    await put("away");
    const to = { destinationBucket: "menus" };
    const mine = await photos(ada).move(path, `${ada.id}/${n}.png`, to);
    expect(refusal(mine.error)).toBe(denied);
    expect(await textOf(photos(ada))).toBe("away");
    const from = service().storage.from("photos");
    expect((await from.copy(path, `x/copy${n}.png`, to)).error).toBeNull();
    expect((await from.move(path, `x/moved${n}.png`, to)).error).toBeNull();
    const menus = guest().storage.from("menus");
    expect(await textOf(menus, `x/moved${n}.png`)).toBe("away");
    expect(await textOf(menus, `x/copy${n}.png`)).toBe("away");
  });
});
