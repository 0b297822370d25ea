// Signed URLs: R-F10.
import { beforeAll, describe, expect, test } from "vitest";
import { guest, type Person, person, service } from "../people.ts";
import { call, credentials, png, refusal, secret, storageUrl } from "./files.ts";
import { later } from "./later.ts";

let ada: Person;
let bob: Person;
let path: string;
const photos = (of: Person) => of.db.storage.from("photos");
const picture = (text = "") => new Blob([png(text)], { type: "image/png" });

beforeAll(async () => {
  [ada, bob] = await Promise.all([person("ada"), person("bob")]);
  path = `${ada.id}/føø bar.png`;
  await photos(ada).upload(path, picture("sign"));
});

async function signed(options: { download?: string | boolean } = {}, seconds = 60) {
  const { data, error } = await photos(ada).createSignedUrl(path, seconds, options);
  if (error) throw error;
  return data.signedUrl;
}

const statusOf = async (url: string, method = "GET") => {
  const answer = await call(method, url);
  await answer.text();
  return answer.status;
};

describe("a URL that reads", () => {
  test("shows the file to whoever holds it, in parts too, and changes nothing", async () => {
    const url = await signed();
    const answer = await call("GET", url);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/png"]);
    expect((await answer.text()).slice(-4)).toBe("sign");
    expect((await call("GET", url, { range: "bytes=-4" })).status).toBe(206);
    expect(await statusOf(url, "HEAD")).toBe(200);
    const token = new URL(url).searchParams.get("token");
    const upload = url.replace("/object/sign/", "/object/upload/sign/");
    expect((await call("PUT", upload, {}, picture())).status).toBe(403);
    const own = `${storageUrl}/object/photos/${encodeURI(path)}?token=${token}`;
    expect(await statusOf(own)).toBe(404);
  });

  test("holds for names that end a path", async () => {
    const name = `${ada.id}/what?#%.png`;
    expect((await photos(ada).copy(path, name)).error).toBeNull();
    const { data } = await photos(ada).createSignedUrls([name], 60);
    expect(await statusOf(data?.[0]?.signedUrl ?? "")).toBe(200);
    await photos(ada).remove([name]);
  });

  test("is given to those who see the file", async () => {
    for (const from of [photos(bob), guest().storage.from("photos")]) {
      for (const name of [path, `${path}.not`]) {
        expect(refusal((await from.createSignedUrl(name, 60)).error)).toBe("404 NoSuchKey 404");
      }
    }
    const by = service().storage.from("photos");
    expect((await by.createSignedUrl(path, 60)).error).toBeNull();
  });

  test("many at once; what cannot be signed says so beside the others", async () => {
    const paths = [path, `${ada.id}/none.png`, "../x", `${bob.id}/theirs.png`];
    await photos(bob).upload(`${bob.id}/theirs.png`, picture());
    const { data } = await photos(ada).createSignedUrls(paths, 60);
    expect(data?.map((one) => [one.path, one.error === null, one.signedUrl !== null])).toEqual([
      [path, true, true],
      [`${ada.id}/none.png`, false, false],
      ["../x", false, false],
      [`${bob.id}/theirs.png`, false, false],
    ]);
    expect(await statusOf(data?.[0]?.signedUrl ?? "")).toBe(200);
  });

  test("downloads under a name, where the reader asks for one", async () => {
    const url = await signed({ download: "cat.png" });
    const answer = await call("GET", url);
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment; filename="cat.png"/);
    expect(
      (await call("GET", await signed({ download: true }))).headers.get("content-disposition"),
    ).toMatch(/^attachment; filename="f__ bar.png"/);
  });

  test("a disposition that was signed cannot be changed", async () => {
    const body = JSON.stringify({ expiresIn: 60, download: "cat.png" });
    const headers = { ...secret, "content-type": "application/json" };
    const target = `/object/sign/photos/${encodeURI(path)}`;
    const asked = await call("POST", target, headers, body);
    const { signedURL } = await asked.json<{ signedURL: string }>();
    const url = encodeURI(storageUrl + signedURL);
    const answer = await call("GET", url);
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment; filename="cat.png"/);
    expect(await statusOf(`${url}&download=cat.png`)).toBe(200);
    expect(await statusOf(`${url}&download=dog.png`)).toBe(403);
  });

  test("no part of it can be changed", async () => {
    const url = new URL(await signed());
    const token = url.searchParams.get("token") ?? "";
    const [body = "", mac = ""] = token.split(".");
    const grant = JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/")));
    expect(grant).toMatchObject({ method: "GET", bucket: "photos" });
    const bytes = new TextEncoder().encode(JSON.stringify({ ...grant, expires: 9e9 }));
    const longer = btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");
    const flipped = mac.slice(0, 8) + (mac[8] === "A" ? "B" : "A") + mac.slice(9);
    const spelled = mac.slice(0, -1) + String.fromCharCode(mac.charCodeAt(mac.length - 1) + 1);
    const forged = [
      "",
      "x",
      ".",
      body,
      `${body}.`,
      `.${mac}`,
      `${body}.${flipped}`,
      `${body}.${spelled}`,
      `${longer}.${mac}`,
      `${token}.${mac}`,
      `${token}=`,
      ` ${token}`,
    ];
    for (const [i, bad] of forged.entries()) {
      url.searchParams.set("token", bad);
      const answer = await call("GET", url.href);
      const { code } = await answer.json<{ code: string }>();
      expect([i, answer.status, code]).toEqual([i, 403, "InvalidSignature"]);
    }
    url.searchParams.delete("token");
    expect(await statusOf(url.href)).toBe(403);
    url.searchParams.set("token", token);
    expect(await statusOf(url.href)).toBe(200);
    expect(await statusOf(url.href.replace("/photos/", "/menus/"))).toBe(403);
    expect(await statusOf(url.href.replace("bar.png", "baz.png"))).toBe(403);
  });

  test("ends when it says so", async () => {
    const url = await signed({}, 10);
    expect((await later(9, url)).status).toBe(200);
    const late = await later(12, url);
    expect([late.status, await late.json()]).toMatchObject([403, { code: "ExpiredToken" }]);
    for (const seconds of [0, -1, 1.5, Number.NaN]) {
      const { error } = await photos(ada).createSignedUrl(path, seconds);
      expect([seconds, refusal(error)]).toEqual([seconds, "400 InvalidRequest 400"]);
    }
  });

  test("R-F10 dies with the secret it was made with; the next secret signs anew", async () => {
    const rotated = { JWT_SECRET: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ" };
    const [old, upload] = [await signed(), await photos(ada).createSignedUploadUrl(`${path}.new`)];
    expect((await later(0, old, rotated)).status).toBe(403);
    const put = await later(0, upload.data?.signedUrl ?? "", rotated, "PUT", picture());
    expect(put.status).toBe(403);
    const headers = { ...(await credentials(ada.db)), "content-type": "application/json" };
    const asked = `${storageUrl}/object/sign/photos/${encodeURI(path)}`;
    const made = await later(0, asked, rotated, "POST", '{"expiresIn":60}', headers);
    const { signedURL } = await made.json<{ signedURL: string }>();
    const fresh = encodeURI(storageUrl + signedURL);
    expect((await later(0, fresh, rotated)).status).toBe(200);
    expect(await statusOf(fresh)).toBe(403);
  });

  test("a token in another place of the query is still refused", async () => {
    expect(await statusOf(`${await signed()}&access_token=x`)).toBe(401);
    expect(await statusOf(`${await signed()}&apikey=x`)).toBe(401);
  });
});

describe("a URL that uploads", () => {
  const sign = async (name: string, upsert = false) => {
    const { data, error } = await photos(ada).createSignedUploadUrl(name, { upsert });
    if (error) throw error;
    return data;
  };
  const anyone = guest().storage.from("photos");

  test("takes one file, as the person who signed it", async () => {
    const name = `${ada.id}/signed.png`;
    const { token, signedUrl } = await sign(name);
    expect(signedUrl).toContain(`/object/upload/sign/photos/${name}?token=${token}`);
    const { data, error } = await anyone.uploadToSignedUrl(name, token, picture("gift"));
    expect([error, data]).toEqual([null, { path: name, fullPath: `photos/${name}` }]);
    expect((await photos(ada).download(name)).data?.size).toBe(png("gift").length);
    const [removed] = (await photos(ada).remove([name])).data ?? [];
    expect(removed?.owner).toBe(ada.id);
    const raw = await anyone.uploadToSignedUrl(name, token, png("raw!"), {
      contentType: "image/png",
    });
    expect(raw.error).toBeNull();
    const again = await anyone.uploadToSignedUrl(name, token, picture(), { upsert: true });
    expect(refusal(again.error)).toBe("409 KeyAlreadyExists 409");
    const over = await sign(name, true);
    expect((await anyone.uploadToSignedUrl(name, over.token, picture("over"))).error).toBeNull();
  });

  test("is for that name alone, and does not read", async () => {
    const name = `${ada.id}/only.png`;
    const { token, signedUrl } = await sign(name);
    const other = await anyone.uploadToSignedUrl(`${ada.id}/other.png`, token, picture());
    expect(refusal(other.error)).toBe("403 InvalidSignature 403");
    await photos(ada).upload(name, picture());
    expect(await statusOf(signedUrl.replace("/upload/sign/", "/sign/"))).toBe(403);
  });

  test("is given to those who may upload there", async () => {
    for (const from of [photos(bob), anyone]) {
      const { error } = await from.createSignedUploadUrl(`${ada.id}/not-mine.png`);
      expect(refusal(error)).toBe("403 AccessDenied 403");
    }
    const { error } = await photos(ada).createSignedUploadUrl(path);
    expect(refusal(error)).toBe("409 KeyAlreadyExists 409");
  });

  test("ends after two hours", async () => {
    const { signedUrl } = await sign(`${ada.id}/late.png`);
    const put = (seconds: number) => later(seconds, signedUrl, {}, "PUT", picture());
    expect((await put(7_202)).status).toBe(403);
    expect((await put(7_198)).status).toBe(200);
  });

  test("ends with the session of its signer, however that ends", async () => {
    const admin = service().auth.admin;
    const endings: [string, (eve: Person) => Promise<{ error: unknown }>][] = [
      ["sign-out", (eve) => eve.db.auth.signOut()],
      ["ban", ({ id }) => admin.updateUserById(id, { ban_duration: "24h" })],
      ["deletion", ({ id }) => admin.deleteUser(id)],
    ];
    for (const [how, over] of endings) {
      const eve = await person("eve");
      const name = `${eve.id}/late.png`;
      const { data } = await photos(eve).createSignedUploadUrl(name);
      expect([how, (await over(eve)).error]).toEqual([how, null]);
      const { error } = await anyone.uploadToSignedUrl(name, data?.token ?? "", picture());
      expect([how, Object(error).status]).toEqual([how, 401]);
      const { data: left } = await service().storage.from("photos").list(eve.id);
      expect([how, left]).toEqual([how, []]);
    }
  });
});
