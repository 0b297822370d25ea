// Who and what the questions are about. People, jobs, favourites and quotes are made as an app
// makes them: over the wire.
import { createPrivateKey, sign } from "node:crypto";
import { type Answer, Connection, requestOf } from "../http.ts";
import { dice, scrambled } from "./dice.ts";
import {
  always_open_every,
  dishId,
  restaurantId,
  restaurantRow,
  type Town,
  townsFor,
} from "./places.ts";

const jobs = 2;
export const favourites = 200;
/** Orders that a run can place: each takes a quote of its own. */
export const quoted = 3_200;
const quotes_at_once = 50;
const deep = 5000;
const token_s = 12 * 60 * 60;

export interface Person {
  id: string;
  email: string;
  password: string;
  token: string;
}

export interface World {
  restaurants: number;
  towns: Town[];
  secrets: Record<string, string>;
  customer: Person;
  staff: Person;
  /** Signs in over and over, which ends the oldest sessions. */
  visitor: Person;
  quotes: string[];
  /** The place behind the 5,000th restaurant: as a cursor, and as the id of the last before it. */
  cursor: string;
  lastId: string;
  refreshTokens: string[];
  /** What the last answer on this connection left for the next request. */
  carried?: string;
}

/** Restaurants that the staff person works for: none that quotes are for, whose prices stand. */
export const employer = (n: number) => (n % jobs) * always_open_every + 1;
/** Their ids. */
export const employers = () => Array.from({ length: jobs }, (_, n) => restaurantId(employer(n)));

/** The nth restaurant that the customer likes; later ones sort later. */
export const favourite = (n: number, { restaurants }: Pick<World, "restaurants">) =>
  restaurantId((n * Math.max(1, Math.floor(restaurants / favourites))) % restaurants);

/** Always the same megabyte; its first bytes are a JPEG's, which storage looks at. */
export const photo = photograph();

function photograph(): Buffer {
  const chance = dice(1);
  const bytes = Buffer.from(Uint8Array.from({ length: 1_000_000 }, () => chance.below(256)));
  Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex").copy(bytes);
  return bytes;
}

export const photoName = (n: number, { customer }: World) => `${customer.id}/${n}.jpg`;

/** A basket of two dishes at a restaurant that never closes, next door to it. */
export function ordered(n: number, { restaurants, towns }: Pick<World, "restaurants" | "towns">) {
  const open = Math.floor(restaurants / always_open_every);
  const at = (scrambled(n) % open) * always_open_every;
  const { lat, lng } = restaurantRow(at, towns);
  return {
    restaurant_id: restaurantId(at),
    lat: Number(lat) + 0.004,
    lng: Number(lng),
    lines: [
      { menu_item_id: dishId(at, 0), quantity: 2 },
      { menu_item_id: dishId(at, 1), quantity: 1 },
    ],
  };
}

export const refreshToken = (body: string): string => JSON.parse(body).refresh_token;

/** What takes its time to make, and not every run needs. */
export interface Wanted {
  quotes: number;
  sessions: number;
}

/** Makes the people of a loaded stack and what is theirs. */
export async function populate(
  url: URL,
  secrets: Record<string, string>,
  restaurants: number,
  wanted: Wanted,
): Promise<World> {
  const wire = new Wire(url, secrets);
  const towns = townsFor(restaurants);
  const customer = await wire.signUp("ada@example.com");
  const staff = await wire.signUp("kim@example.com");
  const visitor = await wire.signUp("sam@example.com");
  await wire.post("/rest/v1/staff", jobsOf(staff), "secret");
  await wire.post("/rest/v1/favourites", chosen(restaurants), customer.token);
  const asked = Array.from({ length: wanted.quotes }, (_, n) => ordered(n, { restaurants, towns }));
  const quotes: string[] = [];
  for (let at = 0; at < asked.length; at += quotes_at_once) {
    const some = asked.slice(at, at + quotes_at_once);
    const answer = await wire.post("/rest/v1/quotes?select=id", some, customer.token);
    quotes.push(...(JSON.parse(answer.text()) as { id: string }[]).map(({ id }) => id));
  }
  const refreshTokens: string[] = [];
  for (let n = 0; n < wanted.sessions; n++) {
    const { email, password } = customer;
    const path = "/auth/v1/token?grant_type=password";
    refreshTokens.push(refreshToken((await wire.post(path, { email, password })).text()));
  }
  const people = { customer, staff, visitor };
  const world = { restaurants, towns, secrets, ...people, quotes, refreshTokens };
  const place = await wire.deep();
  const made: World = { ...world, ...place };
  await wire.upload(photoName(0, made), customer.token);
  wire.close();
  return made;
}

function jobsOf({ id }: Person) {
  return employers().map((restaurant_id) => ({ restaurant_id, user_id: id, role: "manager" }));
}

function chosen(restaurants: number) {
  return Array.from({ length: favourites }, (_, n) => ({
    restaurant_id: favourite(n, { restaurants }),
  }));
}

/** Says what an app would say, and expects no refusal. */
class Wire {
  private readonly connection: Connection;
  private readonly host: string;
  private readonly secrets: Record<string, string>;

  constructor(url: URL, secrets: Record<string, string>) {
    this.connection = new Connection(url);
    this.host = url.host;
    this.secrets = secrets;
  }

  async signUp(email: string): Promise<Person> {
    const password = "a long enough sentence";
    const answer = await this.post("/auth/v1/signup", { email, password });
    const { user, access_token } = JSON.parse(answer.text());
    return { id: user.id, email, password, token: this.lasting(access_token) };
  }

  /** The same token, but for as long as a run takes. */
  lasting(token: string, number = 0): string {
    const [head = "", payload = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const exp = claims.iat + token_s + number;
    const said = Buffer.from(JSON.stringify({ ...claims, exp })).toString("base64url");
    return signed(`${head}.${said}`, this.secrets.AUTH_SIGNING_KEY ?? "");
  }

  post(path: string, body: object, token?: string): Promise<Answer> {
    const headers = { prefer: "return=representation" };
    return this.send({ method: "POST", path, headers, body }, token);
  }

  upload(name: string, token: string): Promise<Answer> {
    const path = `/storage/v1/object/photos/${name}`;
    const headers = { "content-type": "image/jpeg" };
    return this.send({ method: "POST", path, headers, body: photo }, token);
  }

  async deep(): Promise<{ cursor: string; lastId: string }> {
    const columns = "id,name,cuisine,rating,address";
    const page = 1000;
    let place = { cursor: "", lastId: "" };
    for (let at = 0; at < deep; at += page) {
      const path = `/rest/v1/restaurants?select=${columns}&order=id.asc&limit=${page}&cursor=`;
      const answer = await this.send({ method: "GET", path: path + place.cursor });
      const [, cursor] = /[?&]cursor=([^&>]*)/.exec(answer.headers.get("link") ?? "") ?? [];
      const rows = JSON.parse(answer.text()) as { id: string }[];
      if (cursor === undefined) break;
      place = { cursor, lastId: rows.at(-1)?.id ?? "" };
    }
    return place;
  }

  close(): void {
    this.connection.close();
  }

  private async send(ask: Parameters<typeof requestOf>[0], token?: string): Promise<Answer> {
    const { VTB_PUBLISHABLE_KEY = "", VTB_SECRET_KEY = "" } = this.secrets;
    const apikey = token === "secret" ? VTB_SECRET_KEY : VTB_PUBLISHABLE_KEY;
    const bearer = token === "secret" || !token ? {} : { authorization: `Bearer ${token}` };
    const bytes = requestOf(ask, this.host, { apikey, ...bearer });
    const answer = await this.connection.send(bytes);
    if (answer.status >= 300) {
      throw new Error(`${ask.method} ${ask.path}: ${answer.status} ${answer.text()}`);
    }
    return answer;
  }
}

/** Many valid tokens of one person, no two alike. */
export function tokensLike(token: string, count: number, signingKey: string): string[] {
  const [head = "", payload = ""] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  return Array.from({ length: count }, (_, n) => {
    const said = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + n + 1 }));
    return signed(`${head}.${said.toString("base64url")}`, signingKey);
  });
}

function signed(text: string, signingKey: string): string {
  const key = createPrivateKey({ key: JSON.parse(signingKey), format: "jwk" });
  const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}
