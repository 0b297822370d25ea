// A query plan as it is sent: as SQLite's shell draws it, or as JSON with PostgreSQL's names.
import type { Explained } from "../../kernel/explain.ts";

interface Node {
  "Node Type": string;
  Plans?: Node[];
}

/** One object per statement: its plan, and the rows it read where it was run. */
export function planJson(explained: Explained[]): string {
  const plans = explained.map(({ steps, rowsRead }) => ({
    Plan: { "Node Type": "Query", Plans: nodesUnder(steps, 0) },
    ...(rowsRead !== undefined && { "Rows Read": rowsRead }),
  }));
  return JSON.stringify(plans);
}

export function planText(explained: Explained[]): string {
  const statements = explained.map(({ steps, rowsRead }) => {
    const read = rowsRead === undefined ? [] : [`Rows Read: ${rowsRead}`];
    return ["QUERY PLAN", ...drawn(nodesUnder(steps, 0), ""), ...read].join("\n");
  });
  return `${statements.join("\n\n")}\n`;
}

function nodesUnder(steps: Explained["steps"], parent: unknown): Node[] {
  const here = steps.filter((step) => step.parent === parent);
  return here.map(({ id, detail }) => {
    const inner = nodesUnder(steps, id);
    return { "Node Type": String(detail), ...(inner.length > 0 && { Plans: inner }) };
  });
}

function drawn(nodes: Node[], indent: string): string[] {
  return nodes.flatMap((node, i) => {
    const last = i === nodes.length - 1;
    const inner = drawn(node.Plans ?? [], indent + (last ? "   " : "|  "));
    return [`${indent}${last ? "`" : "|"}--${node["Node Type"]}`, ...inner];
  });
}
