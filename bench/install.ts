// What `npm install` brings, and what of it is deployed.
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../scripts/local.ts";
import { pocketbase_package } from "./peers/pocketbase.ts";

export interface Installed {
  packages: number;
  bytes: number;
  /** Packages that the Worker imports, and their bytes. */
  run_time: Record<string, number>;
}

export function installed(): Installed {
  const read = (file: string) => JSON.parse(readFileSync(path.join(root, file), "utf8"));
  const { dependencies }: { dependencies: Record<string, string> } = read("package.json");
  const lock: { packages: object } = read("node_modules/.package-lock.json");
  const sizes = Object.keys(dependencies).map((name) => [name, sizeOf(`node_modules/${name}`)]);
  return {
    packages: Object.keys(lock.packages).filter((name) => !name.endsWith(pocketbase_package))
      .length,
    bytes: sizeOf("node_modules") - sizeOf(`node_modules/${pocketbase_package}`),
    run_time: Object.fromEntries(sizes),
  };
}

function sizeOf(folder: string): number {
  if (!existsSync(path.join(root, folder))) return 0;
  const files = readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" });
  return files.reduce((sum, file) => {
    const stat = lstatSync(path.join(root, folder, file));
    return stat.isFile() ? sum + stat.size : sum;
  }, 0);
}
