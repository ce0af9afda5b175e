/**
 * How far a run is, as one line of text.
 *
 * @packageDocumentation
 */
import { clock, count, rate } from "./figures.ts";

/** How far a run is. */
export interface Status {
  /** What is mapped. */
  readonly name: string;
  readonly done: number;
  readonly failed: number;
  /** How many items there are, or will be by all that is known; absent when nothing is. */
  readonly total?: number;
  /** Whether `total` is an estimate. */
  readonly isEstimate?: boolean;
  /** Items a second, lately. */
  readonly perSecond: number;
}

/** What a terminal can show. */
export interface TerminalStyle {
  readonly columns: number;
  readonly hasColour: boolean;
  /** Whether it shows more than ASCII. */
  readonly hasUnicode: boolean;
}

type Part = "name" | "percent" | "bar" | "counter" | "rate" | "left" | "failed";

/** From left to right. */
const PARTS: readonly Part[] = ["name", "percent", "bar", "counter", "rate", "left", "failed"];
/** What a narrow terminal does without, the first first. */
const DROPPED: readonly Part[] = ["name", "rate", "bar", "left", "percent"];
const GAP = "  ";
const SHORTEST_BAR = 8;
const LONGEST_BAR = 40;
const RED = "31";
const GREEN = "32";
const GREY = "90";

/** A line for a terminal, narrower than it: with a bar when the total is known and there is room for one. */
export function terminalLine(status: Status, style: TerminalStyle): string {
  const width = style.columns - 1;
  const done = fraction(status);
  const texts = partsOf(status, done);
  for (const part of DROPPED) {
    if (lengthOf(texts) <= width) break;
    texts.delete(part);
  }
  const spare = width - lengthOf(texts);
  if (spare < 0) return [...texts.values()].join(GAP).slice(0, Math.max(0, width));

  if (texts.has("bar")) texts.set("bar", bar(done!, Math.min(LONGEST_BAR, SHORTEST_BAR + spare), style));
  const failed = texts.get("failed");
  if (failed !== undefined) texts.set("failed", paint(failed, RED, style));
  return [...texts.values()].join(GAP);
}

/** A line for a log. */
export function plainLine(status: Status): string {
  const parts = [
    `${counter(status)} items`,
    percent(fraction(status)),
    rate(status.perSecond),
    timeLeft(status),
  ];
  return `${status.name}: ${parts.filter((part) => part !== undefined).join(", ")}, ${count(status.failed)} failed`;
}

/** The texts of the parts that there are, in the order of `PARTS`. The bar is as short as it may be. */
function partsOf(status: Status, done: number | undefined): Map<Part, string> {
  const texts: Record<Part, string | undefined> = {
    name: status.name,
    percent: percent(done)?.padStart(4),
    bar: done === undefined ? undefined : " ".repeat(SHORTEST_BAR),
    counter: counter(status),
    rate: rateOf(status),
    left: timeLeft(status),
    failed: status.failed === 0 ? undefined : `${count(status.failed)} failed`,
  };
  return new Map(PARTS.flatMap((part) => (texts[part] === undefined ? [] : [[part, texts[part]]])));
}

function lengthOf(texts: ReadonlyMap<Part, string>): number {
  return [...texts.values()].join(GAP).length;
}

function fraction({ done, total }: Status): number | undefined {
  if (total === undefined) return undefined;
  return total === 0 ? 1 : Math.min(1, done / total);
}

function percent(done: number | undefined): string | undefined {
  return done === undefined ? undefined : `${Math.floor(done * 100)}%`;
}

function counter({ done, total, isEstimate }: Status): string {
  if (total === undefined) return count(done);
  return `${count(done)}/${isEstimate === true ? "~" : ""}${count(total)}`;
}

function rateOf({ perSecond }: Status): string | undefined {
  return perSecond > 0 ? rate(perSecond) : undefined;
}

function timeLeft({ done, total, perSecond }: Status): string | undefined {
  if (total === undefined || done >= total || !(perSecond > 0)) return undefined;
  return `${clock(((total - done) / perSecond) * 1000)} left`;
}

/** A bar of `length` characters, filled to a half of one where the terminal can show that. */
function bar(done: number, length: number, style: TerminalStyle): string {
  if (!style.hasUnicode) {
    const filled = Math.floor(done * length);
    return `${paint("#".repeat(filled), GREEN, style)}${paint("-".repeat(length - filled), GREY, style)}`;
  }
  const halves = Math.floor(done * length * 2);
  const filled = "━".repeat(halves >> 1) + (halves % 2 === 1 ? "╸" : "");
  // Without colour the rest must not look like what is filled.
  const rest = (style.hasColour ? "━" : "─").repeat(length - filled.length);
  return `${paint(filled, GREEN, style)}${paint(rest, GREY, style)}`;
}

function paint(text: string, colour: string, style: TerminalStyle): string {
  return style.hasColour && text !== "" ? `\x1b[${colour}m${text}\x1b[0m` : text;
}
