// The page's colours and measures, in light and dark. Nothing is loaded from elsewhere.

const light = {
  ink: "#1c2330",
  dim: "#586274",
  paper: "#fbfbf9",
  line: "#d9dce3",
  limit: "#a9b1bf",
  "by-hand": "#e0a458",
  vertebra: "#2f6299",
  pocketbase: "#8a6fb0",
  held: "#256b43",
  missed: "#b3301f",
};
const dark = {
  ink: "#e6e9ef",
  dim: "#a3abbc",
  paper: "#14171d",
  line: "#323844",
  limit: "#687083",
  "by-hand": "#d29a4f",
  vertebra: "#6ea3d8",
  pocketbase: "#a78bd0",
  held: "#6cc596",
  missed: "#ee8276",
};

/** Of lines, which lie next to each other. */
const hues = [212, 30, 145, 350, 270, 185, 85, 315];

const set = (colours: Record<string, string>) =>
  Object.entries(colours)
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(" ");

export const style = `
:root { color-scheme: light dark; ${set(light)} --shade: 36% }
@media (prefers-color-scheme: dark) { :root { ${set(dark)} --shade: 70% } }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 960px; margin: 2rem auto 4rem; padding: 0 1rem }
h1 { margin-bottom: 0 } h2 { margin: 2.5rem 0 0 } p { color: var(--dim); margin: .25rem 0 1rem }
.group { display: grid; grid-template-columns: minmax(0, 15rem) minmax(0, 1fr); gap: 0 1rem;
  margin-bottom: .6rem; font-size: 13px; line-height: 18px }
.group > :first-child { text-align: right }
.bars { position: relative }
.bar { display: flex; align-items: center }
.bar i { height: 13px; border-radius: 2px; min-width: 1px; flex: none }
.bar span { color: var(--dim); background: var(--paper); padding-left: .4rem; z-index: 1 }
.bar.vertebra span { color: var(--ink); font-weight: 600 }
${["limit", "by-hand", "vertebra", "pocketbase"]
  .map((name) => `.bar.${name} i { background: var(--${name}) }`)
  .join(" ")}
.mark { position: absolute; top: 0; bottom: 0; border-left: 1.5px dashed var(--missed) }
.wide { overflow-x: auto }
svg { display: block; width: 100%; min-width: 760px; height: auto; font: 12px system-ui, sans-serif;
  fill: var(--ink) }
.tick { fill: var(--dim) } .grid { stroke: var(--line) }
.series { stroke-width: 2; fill: none }
${hues.map((hue, i) => `.c${i} { --c: hsl(${hue} 60% var(--shade)) }`).join(" ")}
polyline { stroke: var(--c) } circle, .name { fill: var(--c) }
table { border-collapse: collapse; width: 100%; font-size: 14px }
td { text-align: left; padding: .15rem .5rem .15rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top }
td:nth-child(2) { text-align: right; white-space: nowrap }
td:nth-child(n + 3) { white-space: nowrap }
.held { color: var(--held) } .missed { color: var(--missed); font-weight: 600 }
summary { cursor: pointer; color: var(--dim); padding: .4rem 0 }
pre { overflow-x: auto; font: 12px/1.4 ui-monospace, monospace }
@media (max-width: 640px) {
  .group { grid-template-columns: minmax(0, 1fr) } .group > :first-child { text-align: left }
}`;
