import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { FUNCTIONS } from "./fixtures/run-heddle.ts";
import { hasTerminals, heddleInTerminal, type TerminalRun } from "./fixtures/run-in-terminal.ts";
import { Screen } from "./fixtures/screen.ts";

const ITEMS = 400;
const ESCAPE = "\u001b";
const LINES_UP = new RegExp(`${ESCAPE}\\[\\d+A`);
const COLOUR = new RegExp(`${ESCAPE}\\[\\d+m`);
const BAR = /^(squares {2})? *\d+% {2}[━╸─]+ {2}[\d,]+\/400 {2}/;

describe(
  "heddle map, in a terminal",
  { skip: !hasTerminals && "there is no script command of util-linux" },
  () => {
    let folder: string;
    let input: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "heddle-terminal-"));
      input = join(folder, "in.txt");
      writeFileSync(input, "2000000\n".repeat(ITEMS));
    });
    after(() => rmSync(folder, { recursive: true }));

    /** What the screen showed after each piece of output. */
    function frames({ output }: TerminalRun, columns: number): string[][] {
      const screen = new Screen(columns);
      return output.map((piece) => {
        screen.write(piece);
        return screen.text;
      });
    }

    async function run(
      columns: number,
      options: readonly string[] = [],
      env: Record<string, string> = {},
    ): Promise<TerminalRun> {
      const words = ["map", `${FUNCTIONS}#squares`, "--input", input, ...options];
      return heddleInTerminal(words, { columns, env: { NO_COLOR: "", ...env } });
    }

    const toFile = (): string[] => ["--output", join(folder, "out.jsonl")];

    test("shows one bar while it runs, and leaves nothing but the summary", async () => {
      const done = await run(120, toFile());
      assert.equal(done.status, 0);
      const shown = frames(done, 120);
      const bars = shown.filter((lines) => BAR.test(lines.at(-1) ?? ""));
      assert.ok(bars.length > 0, JSON.stringify(shown));
      assert.ok(bars.every((lines) => lines.length === 1));
      const last = shown.at(-1)!;
      assert.equal(last.length, 2);
      assert.match(last[0]!, /^400 items in .* none failed$/);
      assert.match(last[1]!, /^the work itself is /);
    });

    test("fits the terminal, however narrow", async () => {
      for (const columns of [40, 12]) {
        const shown = frames(await run(columns, toFile()), columns);
        const running = shown.filter((lines) => lines.length === 1 && /\d\/400/.test(lines[0]!));
        assert.ok(running.length > 0);
        assert.ok(running.every(([line]) => line!.length < columns));
      }
    });

    test("follows a change of the terminal's width, and cleans up behind it", async () => {
      const words = ["map", `${FUNCTIONS}#resizing`, "--input", input, ...toFile()];
      const env = { HEDDLE_TEST_RESIZE_AT: "200", HEDDLE_TEST_COLUMNS: "50" };
      const { output } = await heddleInTerminal(words, { columns: 110, env: { NO_COLOR: "1", ...env } });
      const screen = new Screen(110);
      let widest = 0;
      let isNarrow = false;
      for (const piece of output) {
        // The first bar that is drawn for the new width takes the old one away, wrapped as it now is.
        if (!isNarrow && LINES_UP.test(piece)) {
          isNarrow = true;
          screen.resize(50);
        }
        screen.write(piece);
        const [line] = screen.text;
        if (isNarrow && line?.includes("/400")) widest = Math.max(widest, line.length);
        if (line?.includes("/400")) assert.equal(screen.text.length, 1, JSON.stringify(screen.text));
      }
      assert.ok(isNarrow, "no bar for the new width");
      assert.ok(widest > 0 && widest < 50, `${widest}`);
      assert.match(screen.text[0]!, /^400 items in /);
    });

    test("keeps results and the bar apart when both go to the terminal", async () => {
      const shown = frames(await run(120), 120).at(-1)!;
      const results = shown.filter((line) => line.startsWith('{"index":'));
      assert.equal(results.length, ITEMS);
      assert.equal(shown.length, ITEMS + 2, "results and summary, no trace of a bar");
    });

    test("keeps what functions print apart from the bar", async () => {
      const words = ["map", `${FUNCTIONS}#chattySquares`, "--input", input, ...toFile()];
      const done = await heddleInTerminal(words, { columns: 120, env: { NO_COLOR: "1" } });
      const shown = frames(done, 120).at(-1)!;
      assert.equal(shown.filter((line) => line === "halfway").length, 1);
      assert.equal(shown.length, 3);
    });

    test("uses colour, unless NO_COLOR is set", async () => {
      const colourful = (await run(120, toFile())).output.join("");
      assert.ok(colourful.includes(`${ESCAPE}[32m`));
      const plain = (await run(120, toFile(), { NO_COLOR: "1" })).output.join("");
      assert.doesNotMatch(plain, COLOUR);
      assert.match(plain, /\d% {2}[━╸─]+ {2}/);
    });

    test("draws with ASCII where the locale is not UTF-8", async () => {
      const { output } = await run(120, toFile(), { LC_ALL: "C", NO_COLOR: "1" });
      assert.match(output.join(""), /% {2}#*-+ {2}/);
      assert.doesNotMatch(output.join(""), /[━─]/);
    });

    test("--no-progress, and a terminal that can do nothing, get no control sequence at all", async () => {
      for (const { output } of [
        await run(120, [...toFile(), "--no-progress"]),
        await run(120, toFile(), { TERM: "dumb" }),
      ]) {
        assert.equal(output.join("").includes(ESCAPE), false);
        assert.match(output.join(""), /400 items in /);
      }
    });

    test("leaves the terminal clean after Ctrl-C", async () => {
      const words = ["map", `${FUNCTIONS}#interruptingSquares`, "--input", input, ...toFile()];
      const done = await heddleInTerminal(words, {
        columns: 120,
        env: { HEDDLE_TEST_SIGNAL_AT: "200", NO_COLOR: "1" },
      });
      assert.equal(done.status, 130);
      const shown = frames(done, 120).at(-1)!;
      assert.equal(shown[0], "heddle: stopping; what runs is finished first, and again stops at once");
      assert.match(shown[1]!, /^\d+ items in .*; interrupted after \d+/);
      assert.ok(shown.length <= 3);
    });
  },
);
