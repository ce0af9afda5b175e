/** A table of figures as a picture: horizontal bars from zero, with the least and the most of the rounds. */
import { formatNumber } from "./report.ts";

/** One contender's figure. */
export interface Bar {
  readonly label: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly isOurs: boolean;
}

/** What a chart shows. */
export interface Chart {
  readonly title: string;
  /** What the bars are in, and which way is better. */
  readonly subtitle: string;
  readonly bars: readonly Bar[];
  /** On what the figures were taken, and when. */
  readonly footer: string;
}

const WIDTH = 720;
const BAR_LEFT = 190;
const BAR_WIDTH = 400;
const HEAD = 58;
const ROW = 22;
const FOOT = 34;

/** The chart as SVG, on a ground of its own, so that it can be read on light pages and dark ones. */
export function svgOf({ title, subtitle, bars, footer }: Chart): string {
  const height = HEAD + bars.length * ROW + FOOT;
  const scale = BAR_WIDTH / Math.max(...bars.map(({ max }) => max));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" rx="8" fill="#fbfaf7"/>`,
    text(16, 24, title, 'font-weight="600" font-size="14" fill="#222"'),
    text(16, 43, subtitle, 'fill="#666"'),
    ...bars.flatMap((bar, index) => rowOf(bar, HEAD + index * ROW, scale)),
    text(16, height - 12, footer, 'font-size="11" fill="#888"'),
    "</svg>\n",
  ].join("\n");
}

function rowOf({ label, median, min, max, isOurs }: Bar, y: number, scale: number): string[] {
  const right = BAR_LEFT + median * scale;
  const middle = y + 10;
  const value = text(
    Math.max(right, BAR_LEFT + max * scale) + 8,
    y + 15,
    formatNumber(median),
    'fill="#222"',
  );
  return [
    text(BAR_LEFT - 10, y + 15, label, `text-anchor="end" fill="#222"${isOurs ? ' font-weight="600"' : ""}`),
    `<rect x="${BAR_LEFT}" y="${y + 3}" width="${digits(median * scale)}" height="14" rx="2" fill="${isOurs ? "#b5532d" : "#b9b4a8"}"/>`,
    `<path d="M${digits(BAR_LEFT + min * scale)} ${middle}H${digits(BAR_LEFT + max * scale)}" stroke="#222" stroke-width="1"/>`,
    value,
  ];
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${digits(x)}" y="${y}" ${attributes}>${escaped(content)}</text>`;
}

function digits(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
