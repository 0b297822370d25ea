// Which of several relations between two tables a hint means.
import { expect, test } from "vitest";
import { relate } from "../../../src/kernel/plan/relationship.ts";
import { declarationOf, id, table, uuid } from "../../../src/kernel/table.ts";

const plain = { policy: {}, example: () => ({}) };
const courses = table("courses", { id: id() }, plain);
const towards = (of: typeof courses) =>
  uuid()
    .notNull()
    .references(() => of.id);
const things = table("things", { id: id(), course_id: towards(courses) }, plain);
const thingCourses = table(
  "thing_courses",
  { id: id(), thing_id: towards(things), course_id: towards(courses) },
  { ...plain, indexes: [{ on: ["thing_id", "course_id"], unique: true }] },
);
const [course, thing, join] = [courses, things, thingCourses].map(declarationOf);
if (!course || !thing || !join) throw new Error("not declared");
const exposed = [course, thing, join];

test("a column means a foreign key of either table before one of a join table", () => {
  const main = relate(exposed, thing, "courses", "course_id");
  expect(main).toMatchObject({ towards: "parent", constraint: "things_course_id_fkey" });
  expect(main.through).toBeUndefined();
  const back = relate(exposed, course, "things", "course_id");
  expect(back).toMatchObject({ towards: "children", constraint: "things_course_id_fkey" });
});

test("the join table's name means the way by it, from either side", () => {
  const ways = [
    relate(exposed, thing, "courses", "thing_courses"),
    relate(exposed, course, "things", "thing_courses"),
  ];
  for (const way of ways)
    expect(way).toMatchObject({ towards: "joined", through: { table: join } });
});

test("where no key of the two has that name, a join table's tells its ways apart", () => {
  expect(relate(exposed, course, "things", "thing_id")).toMatchObject({ towards: "joined" });
  expect(() => relate(exposed, thing, "courses", "thing_id")).toThrow("PGRST200");
});

test("without a hint both are offered", () => {
  const choices = "'courses!things_course_id_fkey', 'courses!thing_courses'";
  expect(() => relate(exposed, thing, "courses")).toThrow(
    expect.objectContaining({ code: "PGRST201", params: expect.objectContaining({ choices }) }),
  );
});
