/**
 * The advice as a page: one file that needs nothing else.
 *
 * @packageDocumentation
 */
import { shortTime } from "../figures.ts";
import { type Advice, codeFor, nameOfWay, natureLines, sentence } from "./explain.ts";
import type { Prediction } from "./predict.ts";

const WIDTH = 720;
const LABEL = 210;
const ROW = 44;
const BAR = 20;
/** Room to the right of the longest bar, for its figure. */
const FIGURE = 110;

/** The page. */
export function reportOf(advice: Advice): string {
  const heading = `${escaped(advice.target)} over ${escaped(advice.input)}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>heddle advise: ${heading}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #222; background: #fff; }
  h1 { font-size: 1.3em; } pre { background: #f4f4f4; padding: 0.7em; overflow-x: auto; } .advice { font-size: 1.15em; font-weight: 600; }
  svg text { font: 13px system-ui, sans-serif; fill: #222; } .bar { fill: #9db4c9; } .chosen { fill: #2c6e9e; } .range { stroke: #222; }
</style>
<h1>${heading}</h1>
<p class="advice">${escaped(sentence(advice))}</p>
<pre><code>${escaped(codeFor(advice))}</code></pre>
<h2>What the whole input would take</h2>
${chart(advice)}
<p>The thin lines are ranges: the rounds of the measurement differ, and so do the items of the input.</p>
<ul>
${natureLines(advice)
  .map((line) => `  <li>${escaped(line)}</li>`)
  .join("\n")}
</ul>
</html>
`;
}

/** A bar for each way, with its range. */
function chart({ predictions, choice }: Advice): string {
  const rows = predictions.toSorted((a, b) => a.ms - b.ms);
  const most = Math.max(...rows.map(({ mostMs }) => mostMs));
  const x = (ms: number): number => LABEL + ((WIDTH - LABEL - FIGURE) * ms) / most;
  const bars = rows.map((row, index) => bar(row, ROW * index, x, row === choice));
  return `<svg viewBox="0 0 ${WIDTH} ${ROW * rows.length}" role="img" aria-label="Times of all ways">
${bars.join("\n")}
</svg>`;
}

function bar(prediction: Prediction, top: number, x: (ms: number) => number, isChosen: boolean): string {
  const { ms, leastMs, mostMs } = prediction;
  const middle = top + ROW / 2;
  const round = (value: number): string => value.toFixed(1);
  return `  <text x="0" y="${middle + 5}">${escaped(nameOfWay(prediction))}</text>
  <rect class="bar${isChosen ? " chosen" : ""}" x="${LABEL}" y="${middle - BAR / 2}" width="${round(x(ms) - LABEL)}" height="${BAR}"/>
  <line class="range" x1="${round(x(leastMs))}" x2="${round(x(mostMs))}" y1="${middle}" y2="${middle}"/>
  <text x="${round(x(mostMs) + 8)}" y="${middle + 5}">${shortTime(ms)}</text>`;
}

function escaped(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (character) => names[character]!);
}
