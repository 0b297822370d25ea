// Arrows: modules -> kernel <- protocols (DESIGN.md §2).
import { importsOf, isIn, type Rule, type SourceFile } from "./source.ts";

const room = (path: string) => path.split("/").slice(0, 2).join("/");
const moduleOf = (path: string) => /^src\/modules\/([^/]+)\//.exec(path)?.[1];

/** Who may import whom. */
export const layers: Rule = (files) =>
  files.filter(isIn("src")).flatMap((file) =>
    importsOf(file).flatMap((imported) => {
      const { path, from } = imported;
      const fault = path ? wrongFile(file.path, path, files) : wrongPackage(file.path, from);
      return fault ? [`${file.path} imports ${from}: ${fault}`] : [];
    }),
  );

function wrongFile(from: string, to: string, files: SourceFile[]): string | undefined {
  if (!to.startsWith("src/")) return "the product imports nothing outside src";
  if (to === "src/index.ts") return "nothing imports the Worker";
  if (to === "src/config.ts" && from !== "src/index.ts")
    return "settings are read at the door alone";
  if (from === "src/index.ts" || from === "src/config.ts") return undefined;
  if (room(to) === "src/kernel") return undefined;
  if (room(from) === "src/kernel") return "the kernel knows no module and no protocol";
  if (room(from) === "src/protocols") {
    const own = from.split("/").slice(0, 3).join("/");
    return to.startsWith(`${own}/`) ? undefined : "a protocol imports only the kernel";
  }
  return wrongModule(from, to, files);
}

function wrongModule(from: string, to: string, files: SourceFile[]): string | undefined {
  const [mine, other] = [moduleOf(from), moduleOf(to)];
  if (room(to) !== "src/modules") return "a module imports the kernel and other modules";
  if (mine !== undefined && mine === other) return undefined;
  const front = to === `src/modules/${other}/index.ts`;
  if (mine === undefined) return front ? undefined : "a module is known by its index.ts";
  const tables = from.endsWith("/tables.ts") && to === `src/modules/${other}/tables.ts`;
  if (!front && !tables) return "another module is known by its index.ts alone";
  const known = other === "accounts" || needsOf(mine, files).includes(other ?? "");
  return known ? undefined : `name ${other} in the needs of ${mine}`;
}

function wrongPackage(from: string, name: string): string | undefined {
  if (name.startsWith("cloudflare:") && from !== "src/index.ts")
    return "the platform is an argument";
  const mine = moduleOf(from);
  if (mine === undefined) return undefined;
  const inWire = from.startsWith(`src/modules/${mine}/wire/`);
  if (name.startsWith("hono") && !inWire) return "routes live in wire/";
  if (name.startsWith("drizzle-orm") && !from.endsWith("/tables.ts"))
    return "columns live in tables.ts";
  if (name.startsWith("node:") && !inWire) return "a rule of the domain has no platform";
  return undefined;
}

function needsOf(module: string, files: SourceFile[]): string[] {
  const index = files.find((f) => f.path === `src/modules/${module}/index.ts`);
  const list = /\bneeds:\s*\[([^\]]*)\]/.exec(index?.text ?? "")?.[1] ?? "";
  return [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? "");
}

/** `needs` leads to modules that exist, and never back. */
export const needs: Rule = (files) => {
  const names = [...new Set(files.flatMap((f) => moduleOf(f.path) ?? []))];
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    needsOf(from, files).some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  return names.flatMap((name) => [
    ...needsOf(name, files)
      .filter((need) => !names.includes(need))
      .map((need) => `src/modules/${name}/index.ts needs ${need}, which does not exist`),
    ...(reaches(name, name, new Set()) ? [`src/modules/${name}/index.ts needs itself`] : []),
  ]);
};
