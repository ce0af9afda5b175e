import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ended, heddle, startHeddle } from "./fixtures/run-heddle.ts";

const FUNCTIONS = join(import.meta.dirname, "fixtures/advised.ts");
const folder = mkdtempSync(join(tmpdir(), "heddle-advise-"));
after(() => rmSync(folder, { recursive: true }));

const numbers = join(folder, "numbers.txt");
writeFileSync(numbers, Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join(""));
const texts = join(folder, "texts.txt");
writeFileSync(texts, Array.from({ length: 300 }, (_, i) => `${String(i % 10).repeat(100_000)}\n`).join(""));

async function advice(
  name: string,
  input: string,
): Promise<{ sentence: string; code: string; report: string }> {
  const report = join(folder, `${name}.html`);
  const { status, stdout, stderr } = await heddle([
    "advise",
    `${FUNCTIONS}#${name}`,
    "--input",
    input,
    "--report",
    report,
  ]);
  assert.equal(status, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  return { sentence: lines.at(-3)!, code: lines.at(-1)!, report: readFileSync(report, "utf8") };
}

describe("heddle advise", () => {
  const cores = availableParallelism();

  test("sends what computes to threads", { skip: cores === 1 && "one core gains nothing" }, async () => {
    const { sentence, code, report } = await advice("computes", numbers);
    assert.match(
      sentence,
      new RegExp(`^Run it on ${cores} threads: it computes \\d+ % of the time, and is [\\d.]+ times`),
    );
    assert.equal(code, "  const results = await new ThreadPoolExecutor().map(computes, items).toArray();");
    assert.match(report, /<svg [\s\S]*a plain loop[\s\S]*<\/svg>/);
    assert.ok(report.includes(sentence));
  });

  test("has what waits wait together on the event loop", async () => {
    const { sentence, code } = await advice("waits", numbers);
    assert.match(sentence, /^Run it on the event loop, 100 at a time: it waits \d+ % of the time/);
    assert.match(code, /new InlineExecutor\(\{ concurrencyPerWorker: 100 \}\)\.map\(waits, items\)/);
  });

  test("leaves what is tiny in a loop", async () => {
    const { sentence, code } = await advice("tiny", numbers);
    assert.match(sentence, /^Run it in a plain loop: an item takes \d+ ns, and handing it to a worker/);
    assert.match(
      code,
      /for \(const \[index, item\] of items\.entries\(\)\) results\.push\(await tiny\(item, index\)\)/,
    );
  });

  test("leaves what would mostly be copied in a loop", async () => {
    const { sentence } = await advice("copies", texts);
    assert.match(
      sentence,
      /^Run it in a plain loop: an item takes [\d.]+ [nµ]s, and handing it to a worker and its result back/,
    );
  });

  test("says what keeps it from its work, in one line", async () => {
    for (const [words, message] of [
      [["advise"], /^heddle: Cannot advise: no module given; heddle advise MODULE/],
      [["advise", FUNCTIONS], /^heddle: Cannot advise: no input/],
      [
        ["advise", `${FUNCTIONS}#nothing`, "1"],
        /^heddle: Cannot use .*: nothing is missing; it exports computes/,
      ],
      [
        ["advise", `${FUNCTIONS}#fails`, "1", "--format", "numbers"],
        /^heddle: Cannot advise: the function failed .*: 1 is no good;/,
      ],
      [
        ["advise", `${FUNCTIONS}#tiny`, "--input", "/dev/null"],
        /^heddle: Cannot advise: there is no item in /,
      ],
      [["advise", `${FUNCTIONS}#tiny`, "--inptu", "x"], /did you mean --input\?$/m],
      [
        ["advise", `${FUNCTIONS}#tiny`, "--input", texts, "--report", texts],
        /for both --input and --report$/m,
      ],
      [["advise", `${FUNCTIONS}#says`, "1", "--report", FUNCTIONS], /for both MODULE and --report$/m],
      [
        ["advise", `${FUNCTIONS}#says`, "1", "--report", folder],
        /^heddle: Cannot write .*: it is a directory$/m,
      ],
      [
        ["advise", `${FUNCTIONS}#says`, "1", "--report", join(folder, "no/where")],
        /^heddle: Cannot write .*: no such file$/m,
      ],
    ] as const) {
      const { status, stderr } = await heddle(words);
      assert.equal(status, 2);
      assert.match(stderr, message);
      assert.match(stderr, /^heddle: [^\n]+\n  see [^\n]+\n$/);
    }
  });

  test("stops at Ctrl-C, and says that there is no advice", async () => {
    const report = join(folder, "interrupted.html");
    const child = startHeddle(["advise", `${FUNCTIONS}#says`, "1", "--report", report]);
    child.stderr!.once("data", () => child.kill("SIGINT"));
    const { status, stdout, stderr } = await ended(child);
    assert.equal(status, 130);
    assert.equal(stdout, "");
    assert.match(stderr, /^(called\n)+heddle: stopped; there is no advice\n$/);
    assert.equal(existsSync(report), false);
  });

  test("--help tells all about it", async () => {
    const { status, stdout } = await heddle(["advise", "--help"]);
    assert.equal(status, 0);
    assert.match(stdout, /--report FILE/);
  });
});
