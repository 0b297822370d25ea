// The same backend written by hand, with Hono and Drizzle, as a good engineer would for this app
// alone: one handler per question, the columns it needs, and the checks it needs.
import { verify } from "@tsndr/cloudflare-worker-jwt";
import { and, asc, count, eq, getTableColumns, gt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { dishIn, priceIn } from "./by-hand/dish.ts";
import { nearest } from "./by-hand/nearest.ts";
import { favourites, menuItems, restaurants, schema, staff } from "./by-hand/tables.ts";

interface Env {
  Bindings: { DB: D1Database; FILES: R2Bucket; AUTH_SIGNING_KEY: string };
  Variables: { userId: string };
}

const page = 20;
const photos = "photos/";

let publicKey: CryptoKey | undefined;

async function keyFrom(text: string): Promise<CryptoKey> {
  const { kty, crv, x, y }: JsonWebKey = JSON.parse(text);
  const jwk = { kty, crv, x, y } as JsonWebKey;
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  publicKey ??= await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["verify"]);
  return publicKey;
}

const app = new Hono<Env>();

app.onError((error, c) =>
  error instanceof HTTPException ? error.getResponse() : c.json({ message: error.message }, 500),
);

app.use(async (c, next) => {
  const [, token] = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "") ?? [];
  if (token) {
    const key = await keyFrom(c.env.AUTH_SIGNING_KEY);
    const found = await verify(token, key, { algorithm: "ES256" });
    if (!found) throw new HTTPException(401);
    c.set("userId", String(found.payload.sub));
  }
  await next();
});

const database = (c: Context<Env>) => drizzle(c.env.DB, { schema });

function signedIn(c: Context<Env>): string {
  if (!c.var.userId) throw new HTTPException(401);
  return c.var.userId;
}

const summary = {
  id: restaurants.id,
  name: restaurants.name,
  cuisine: restaurants.cuisine,
  rating: restaurants.rating,
  address: restaurants.address,
};
const listed = { id: true, name: true, cuisine: true, rating: true, address: true } as const;
const menu = { columns: { id: true, name: true, price_minor: true } } as const;

app.get("/restaurants/:id", async (c) => {
  const rows = await database(c)
    .select()
    .from(restaurants)
    .where(eq(restaurants.id, c.req.param("id")));
  return c.json(rows);
});

app.get("/restaurants", async (c) => {
  const db = database(c);
  const inTown = eq(restaurants.city, c.req.query("city") ?? "");
  if (c.req.query("menus")) {
    const found = await db.query.restaurants.findMany({
      columns: listed,
      where: inTown,
      orderBy: asc(restaurants.name),
      limit: page,
      with: { menu_items: menu },
    });
    return c.json(found);
  }
  const select = db
    .select(summary)
    .from(restaurants)
    .where(inTown)
    .orderBy(asc(restaurants.name))
    .limit(page);
  if (!c.req.query("count")) return c.json(await select);
  const total = db.select({ n: count() }).from(restaurants).where(inTown);
  const [rows, [counted]] = await db.batch([select, total]);
  c.header("x-total-count", String(counted?.n));
  return c.json(rows);
});

app.get("/all-restaurants", async (c) => {
  const after = c.req.query("after");
  const rows = await database(c)
    .select(summary)
    .from(restaurants)
    .where(after === undefined ? undefined : gt(restaurants.id, after))
    .orderBy(asc(restaurants.id))
    .limit(page)
    .offset(Number(c.req.query("offset") ?? 0));
  return c.json(rows);
});

app.get("/favourites", async (c) => {
  const rows = await database(c).query.favourites.findMany({
    columns: { id: true },
    where: eq(favourites.user_id, signedIn(c)),
    orderBy: asc(favourites.restaurant_id),
    limit: page,
    offset: Number(c.req.query("offset") ?? 0),
    with: { restaurants: { columns: listed, with: { menu_items: menu } } },
  });
  return c.json(rows);
});

app.get("/nearest", async (c) => {
  const at = { lat: Number(c.req.query("lat")), lng: Number(c.req.query("lng")) };
  return c.json(await nearest(database(c), at, page));
});

/** Two batches would be two transactions; one statement takes a hundred parameters. */
const dishes_per_statement = Math.floor(100 / Object.keys(getTableColumns(menuItems)).length);

async function mayWrite(c: Context<Env>, restaurantId: string): Promise<void> {
  const works = and(eq(staff.restaurant_id, restaurantId), eq(staff.user_id, signedIn(c)));
  const [found] = await database(c).select({ id: staff.id }).from(staff).where(works);
  if (!found) throw new HTTPException(403);
}

app.post("/menu-items", async (c) => {
  const dish = dishIn(await c.req.json());
  await mayWrite(c, dish.restaurant_id);
  return c.json(await database(c).insert(menuItems).values(dish).returning(), 201);
});

app.post("/menu-items/bulk", async (c) => {
  const db = database(c);
  const dishes = (await c.req.json<unknown[]>()).map(dishIn);
  const works = await db
    .select({ id: staff.restaurant_id })
    .from(staff)
    .where(eq(staff.user_id, signedIn(c)));
  const own = new Set(works.map(({ id }) => id));
  if (dishes.some((dish) => !own.has(dish.restaurant_id))) throw new HTTPException(403);
  const inserts = [];
  for (let at = 0; at < dishes.length; at += dishes_per_statement) {
    inserts.push(db.insert(menuItems).values(dishes.slice(at, at + dishes_per_statement)));
  }
  const [first, ...others] = inserts;
  if (first) await db.batch([first, ...others]);
  return c.body(null, 201);
});

async function owned(c: Context<Env>, id: string): Promise<void> {
  const works = and(eq(menuItems.id, id), eq(staff.user_id, signedIn(c)));
  const [found] = await database(c)
    .select({ id: menuItems.id })
    .from(menuItems)
    .innerJoin(staff, eq(staff.restaurant_id, menuItems.restaurant_id))
    .where(works);
  if (!found) throw new HTTPException(404);
}

app.patch("/menu-items/:id", async (c) => {
  const id = c.req.param("id");
  const price_minor = priceIn(await c.req.json());
  await owned(c, id);
  const rows = await database(c)
    .update(menuItems)
    .set({ price_minor, updated_at: new Date().toISOString() })
    .where(eq(menuItems.id, id))
    .returning();
  return c.json(rows);
});

app.put("/menu-items/:id", async (c) => {
  const dish = dishIn(await c.req.json());
  await mayWrite(c, dish.restaurant_id);
  const { id, created_at, restaurant_id, ...changed } = dish;
  const rows = await database(c)
    .insert(menuItems)
    .values(dish)
    .onConflictDoUpdate({
      target: menuItems.id,
      set: changed,
      setWhere: sql`${menuItems.restaurant_id} = ${restaurant_id}`,
    })
    .returning();
  if (rows.length === 0) throw new HTTPException(403); // it is another restaurant's
  return c.json(rows);
});

app.put("/photos/:name", async (c) => {
  const key = `${photos}${signedIn(c)}/${c.req.param("name")}`;
  await c.env.FILES.put(key, c.req.raw.body, {
    httpMetadata: { contentType: c.req.header("content-type") ?? "application/octet-stream" },
  });
  return c.json({ key });
});

app.get("/photos/:name", async (c) => {
  const file = await c.env.FILES.get(`${photos}${signedIn(c)}/${c.req.param("name")}`);
  if (!file) throw new HTTPException(404);
  return c.body(file.body, 200, { "content-type": file.httpMetadata?.contentType ?? "" });
});

export default app;
