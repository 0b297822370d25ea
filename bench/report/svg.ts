// Lines as SVG text. Colours are the page's, by class, so that they suit its light and dark.
import { grouped } from "./tables.ts";

const line_height = 18;
const width = 900;

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

export interface Line {
  label: string;
  points: [x: number, y: number][];
}

const plot = { left: 60, right: 600, top: 10, bottom: 340 };

/** Lines on logarithmic axes, each with its name at its end. */
export function lines(all: Line[]): string {
  const points = all.flatMap(({ points }) => points);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const x = axis(xs, plot.left, plot.right);
  const y = axis(ys, plot.bottom, plot.top);
  const ticks = [
    ...powersIn(xs).map((n) => tick(n, x(n), plot.bottom + 20, "middle")),
    ...powersIn(ys).map(
      (n) => `${tick(n, plot.left - 8, y(n) + 4, "end")}
        <line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y(n)}" y2="${y(n)}"/>`,
    ),
  ];
  const labels = spreadOut(
    all.map(({ points }) => y(points.at(-1)?.[1] ?? 1)),
    plot.bottom,
  );
  const drawn = all.map(({ label, points }, i) => {
    const path = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(" ");
    const dots = points.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="3"/>`);
    return `<g class="c${i % 8}"><polyline class="series" points="${path}"/>${dots.join("")}
      <text class="name" x="${plot.right + 10}"
      y="${(labels[i] ?? 0) + 4}">${escaped(label)}</text></g>`;
  });
  return framed([...ticks, ...drawn].join(""), Math.max(plot.bottom + 30, ...labels) + 10);
}

function tick(n: number, x: number, y: number, anchor: "middle" | "end"): string {
  return `<text class="tick" x="${x}" y="${y}" text-anchor="${anchor}">${grouped(n)}</text>`;
}

function axis(values: number[], from: number, to: number): (value: number) => number {
  const logs = values.map((value) => Math.log10(Math.max(value, 1)));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const span = high - low || 1;
  return (value) => from + ((Math.log10(Math.max(value, 1)) - low) / span) * (to - from);
}

function powersIn(values: number[]): number[] {
  const powers = Array.from({ length: 8 }, (_, i) => 10 ** i);
  return powers.filter((n) => n >= Math.min(...values) && n <= Math.max(...values));
}

/** Moves labels that would lie on each other apart; in the order given. */
function spreadOut(wanted: number[], lowest: number): number[] {
  const order = wanted.map((at, i) => ({ at, i })).sort((a, b) => a.at - b.at);
  const placed: number[] = [];
  let free = Number.NEGATIVE_INFINITY;
  for (const { at, i } of order) {
    placed[i] = Math.max(at, free);
    free = (placed[i] ?? 0) + line_height;
  }
  // What was pushed out below moves the others up.
  let end = lowest;
  for (const { i } of order.reverse()) {
    placed[i] = Math.min(placed[i] ?? 0, end);
    end = (placed[i] ?? 0) - line_height;
  }
  return placed;
}

function framed(content: string, height: number): string {
  const box = `0 0 ${width} ${Math.ceil(height)}`;
  return `<div class="wide"><svg viewBox="${box}" role="img">${content}</svg></div>`;
}
