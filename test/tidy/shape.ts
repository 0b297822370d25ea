// Where things lie and what they are called.
import { isIn, type Rule } from "./source.ts";

const DRAWERS = new Set(["lib", "utils", "util", "common", "shared", "helpers", "types", "misc"]);
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:property\.)?test|\.config|\.d)?\.ts$/;
const FORBIDDEN = /(?:^|-)(?:manager|service|helpers?|utils?)(?:-|\.)/;

export const folders: Rule = (files) =>
  [...new Set(files.flatMap((file) => file.path.split("/").slice(0, -1)))]
    .filter((folder) => DRAWERS.has(folder))
    .map((folder) => `a folder named ${folder}: name it for what is in it`);

export const names: Rule = (files) =>
  files.filter(isIn("src", "test", "scripts", "bench")).flatMap(({ path }) => {
    const name = path.split("/").at(-1) ?? "";
    if (!NAME.test(name)) return [`${path}: files are kebab-case`];
    return FORBIDDEN.test(name)
      ? [`${path}: name it for the noun or verb a customer would use`]
      : [];
  });

/** A module is a flat folder with a front door; only its wire is a folder beside it. */
export const moduleShape: Rule = (files) => {
  const inside = files.filter((file) => /^src\/modules\/[^/]+\//.test(file.path));
  const modules = [...new Set(inside.map((file) => file.path.split("/")[2] ?? ""))];
  const doors = modules
    .filter((name) => !inside.some((file) => file.path === `src/modules/${name}/index.ts`))
    .map((name) => `src/modules/${name} has no index.ts`);
  const strange = inside.flatMap(({ path }) => {
    const [first = "", ...rest] = path.split("/").slice(3);
    const fits = rest.length === 0 || (first === "wire" && rest.length === 1);
    return fits ? [] : [`${path}: a module has files, and a folder wire/, and no other`];
  });
  return [...doors, ...strange];
};
