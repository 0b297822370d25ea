// Charts as SVG text. Colours are the page's, by class, so that they suit its light and dark.

export interface Bar {
  label: string;
  value: number;
  /** Shown at its end. */
  text: string;
  /** A class of the page's style. */
  kind: string;
}

const line_height = 18;
const gap = 10;
const width = 900;
const label_width = 300;
const value_width = 110;

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** Groups of bars, one below the other; `mark` is a line that each group may have. */
export function bars(groups: { title: string; bars: Bar[]; mark?: number }[]): string {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)), 0);
  const room = width - label_width - value_width;
  const scale = (value: number) => (most > 0 ? (value / most) * room : 0);
  let y = 0;
  const parts = groups.map(({ title, bars, mark }) => {
    const top = y;
    const drawn = bars.map(({ value, text, kind, label }) => {
      const row = `<rect class="${kind}" x="${label_width}" y="${y + 2}" rx="2"
        width="${Math.max(1, scale(value)).toFixed(1)}" height="${line_height - 4}">
        <title>${escaped(`${label}: ${text}`)}</title></rect>
        <text class="value" x="${label_width + scale(value) + 6}"
        y="${y + 13}">${escaped(text)}</text>`;
      y += line_height;
      return row;
    });
    const line = mark === undefined ? "" : markAt(label_width + scale(mark), top, y);
    y += gap;
    return `<text x="${label_width - 10}" y="${top + 13}" text-anchor="end">${escaped(title)}</text>
      ${drawn.join("")}${line}`;
  });
  return framed(parts.join(""), y);
}

function markAt(x: number, top: number, bottom: number): string {
  return `<line class="mark" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>`;
}

export interface Line {
  label: string;
  points: [x: number, y: number][];
}

const plot = { left: 60, right: 600, top: 10, bottom: 300 };

/** Lines on logarithmic axes, each with its name at its end. */
export function lines(all: Line[]): string {
  const points = all.flatMap(({ points }) => points);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const x = axis(xs, plot.left, plot.right);
  const y = axis(ys, plot.bottom, plot.top);
  const ticks = [
    ...powersIn(xs).map(
      (n) =>
        `<text class="tick" x="${x(n)}" y="${plot.bottom + 20}" text-anchor="middle">${n}</text>`,
    ),
    ...powersIn(ys).map(
      (n) => `<text class="tick" x="${plot.left - 8}" y="${y(n) + 4}" text-anchor="end">${n}</text>
        <line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y(n)}" y2="${y(n)}"/>`,
    ),
  ];
  const labels = spreadOut(all.map(({ points }) => y(points.at(-1)?.[1] ?? 1)));
  const drawn = all.map(({ label, points }, i) => {
    const path = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(" ");
    return `<polyline class="line c${i % 8}" points="${path}"/>
      <text class="c${i % 8}" x="${plot.right + 10}"
      y="${(labels[i] ?? 0) + 4}">${escaped(label)}</text>`;
  });
  return framed([...ticks, ...drawn].join(""), Math.max(plot.bottom + 30, ...labels) + 10);
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
function spreadOut(wanted: number[]): number[] {
  const order = wanted.map((at, i) => ({ at, i })).sort((a, b) => a.at - b.at);
  const placed: number[] = [];
  let free = Number.NEGATIVE_INFINITY;
  for (const { at, i } of order) {
    placed[i] = Math.max(at, free);
    free = (placed[i] ?? 0) + line_height;
  }
  return placed;
}

function framed(content: string, height: number): string {
  return `<svg viewBox="0 0 ${width} ${Math.ceil(height)}" role="img">${content}</svg>`;
}
