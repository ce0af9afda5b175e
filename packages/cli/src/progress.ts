/**
 * Shows how far a run is while it runs: a bar on a terminal, a line now and then elsewhere.
 *
 * @packageDocumentation
 */
import type { WriteStream } from "node:tty";
import { plainLine, terminalLine, type Status } from "./progress-line.ts";

/** A bar is drawn anew ten times a second. */
const DRAW_INTERVAL_MS = 100;
/** In a log, a line so often. A run that is shorter has only its summary. */
const LOG_INTERVAL_MS = 5000;
/** The rate is that of the last few seconds. */
const RATE_WINDOW_MS = 4000;

/** What progress asks of the run. */
export type Progressing = Omit<Status, "perSecond"> & {
  /** Items that this run did itself. */
  readonly ran: number;
};

/** Shows nothing before `start` and after `stop`. */
export class Progress {
  readonly #stream: WriteStream;
  readonly #status: () => Progressing;
  readonly #isTerminal: boolean;
  readonly #hasColour: boolean;
  readonly #hasUnicode: boolean;
  /** When, and how many items this run had done then, oldest first. */
  readonly #samples: { atMs: number; ran: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** How many characters of the bar are on the screen; 0 for no bar. */
  #drawnLength = 0;
  #isWriting = false;
  readonly #restore: (() => void)[] = [];
  readonly #redraw = (): void => this.#draw();
  readonly #leave = (): void => this.#erase();

  /** @param stream - Standard error. */
  constructor(stream: WriteStream, status: () => Progressing) {
    this.#stream = stream;
    this.#status = status;
    this.#isTerminal = stream.isTTY && process.env["TERM"] !== "dumb";
    this.#hasColour = this.#isTerminal && stream.hasColors();
    this.#hasUnicode = speaksUnicode(process.env);
  }

  start(): void {
    process.once("exit", this.#leave);
    if (this.#isTerminal) {
      this.#shareTerminal(process.stdout);
      this.#shareTerminal(this.#stream);
      this.#stream.on("resize", this.#redraw);
    }
    this.#samples.push({ atMs: performance.now(), ran: 0 });
    const show = (): void => (this.#isTerminal ? this.#draw() : this.#log());
    this.#timer = setInterval(show, this.#isTerminal ? DRAW_INTERVAL_MS : LOG_INTERVAL_MS).unref();
  }

  /** Takes the bar away. */
  stop(): void {
    process.off("exit", this.#leave);
    clearInterval(this.#timer);
    this.#stream.off("resize", this.#redraw);
    this.#erase();
    for (const restore of this.#restore.splice(0)) restore();
  }

  /** Whatever else is written to the terminal stands above the bar, not inside it. */
  #shareTerminal(stream: WriteStream): void {
    if (!stream.isTTY) return;
    // oxlint-disable-next-line typescript/unbound-method -- called with its stream below
    const { write } = stream;
    const sharing = (...args: Parameters<typeof write>): boolean => {
      if (!this.#isWriting) this.#erase();
      return write.apply(stream, args);
    };
    stream.write = sharing as typeof write;
    this.#restore.push(() => (stream.write = write));
  }

  #draw(): void {
    const columns = this.#stream.columns || 80;
    const style = { columns, hasColour: this.#hasColour, hasUnicode: this.#hasUnicode };
    const line = terminalLine(this.#current(), style);
    this.#write(`${this.#eraser(columns)}${line}`);
    this.#drawnLength = visibleLength(line);
  }

  #log(): void {
    this.#stream.write(`${plainLine(this.#current())}\n`);
  }

  #erase(): void {
    if (this.#drawnLength === 0) return;
    this.#write(this.#eraser(this.#stream.columns || 80));
    this.#drawnLength = 0;
  }

  /** A bar that was drawn on a wider terminal has been wrapped onto several lines. */
  #eraser(columns: number): string {
    const linesAbove = Math.max(0, Math.ceil(this.#drawnLength / columns) - 1);
    return `${linesAbove > 0 ? `\x1b[${linesAbove}A` : ""}\r\x1b[J`;
  }

  #write(text: string): void {
    this.#isWriting = true;
    this.#stream.write(text);
    this.#isWriting = false;
  }

  #current(): Status {
    const { ran, ...status } = this.#status();
    const nowMs = performance.now();
    this.#samples.push({ atMs: nowMs, ran });
    while (this.#samples.length > 2 && nowMs - this.#samples[1]!.atMs >= RATE_WINDOW_MS)
      this.#samples.shift();
    const oldest = this.#samples[0]!;
    return { ...status, perSecond: ((ran - oldest.ran) / Math.max(1, nowMs - oldest.atMs)) * 1000 };
  }
}

/** Whether the locale is one of UTF-8. */
function speaksUnicode(environment: NodeJS.ProcessEnv): boolean {
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  return process.platform === "win32" || /utf-?8/i.test(locale);
}

function visibleLength(line: string): number {
  // oxlint-disable-next-line no-control-regex -- colours are control sequences
  return line.replace(/\x1b\[\d+m/g, "").length;
}
