// Bars as a page's own boxes, so that their words stay readable however narrow it is.
import { escaped } from "./svg.ts";

export interface Bar {
  value: number;
  /** Shown at its end. */
  text: string;
  /** A class of the page's style. */
  kind: string;
}

export interface Group {
  title: string;
  bars: Bar[];
  /** Where a line is drawn. */
  mark?: number;
}

/** Of the width, for the longest bar; the rest is for words. */
const room = 0.5;

/** Groups of bars, one below the other, all of one scale. */
export function bars(groups: Group[]): string {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)), 0);
  const share = (value: number) => `${(most > 0 ? (100 * room * value) / most : 0).toFixed(2)}%`;
  const drawn = groups.map(({ title, bars, mark }) => {
    const rows = bars.map(
      ({ value, text, kind }) =>
        `<div class="bar ${kind}"><i style="width: ${share(value)}"></i>` +
        `<span>${escaped(text)}</span></div>`,
    );
    const line = mark === undefined ? "" : `<div class="mark" style="left: ${share(mark)}"></div>`;
    return (
      `<div class="group"><div>${escaped(title)}</div>` +
      `<div class="bars">${rows.join("")}${line}</div></div>`
    );
  });
  return drawn.join("\n");
}
