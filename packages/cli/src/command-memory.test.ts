import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { FUNCTIONS, startHeddle } from "./fixtures/run-heddle.ts";

/** Twice what the command may use. */
const INPUT_BYTES = 128 * 1024 * 1024;
const LIMIT = "--max-old-space-size=64";
const LINE = `${"some words that make a line of a good length ".repeat(20)}\n`;

describe("heddle map, on more input than memory", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "heddle-memory-"))));
  after(() => rmSync(folder, { recursive: true }));

  for (const options of [[], ["--ordered"]]) {
    test(`reads and writes as it goes, within 64 MB of heap (${options.join(" ") || "as results come"})`, async () => {
      const child = startHeddle(["map", `${FUNCTIONS}#length`, "--input", "-", "--jobs", "2", ...options], {
        nodeOptions: [LIMIT],
      });
      const closed = once(child, "close");
      let stderr = "";
      child.stderr!.on("data", (data: Buffer) => (stderr += String(data)));
      let lines = 0;
      child.stdout!.on("data", (data: Buffer) => {
        for (let at = data.indexOf(10); at !== -1; at = data.indexOf(10, at + 1)) lines++;
      });

      const block = LINE.repeat(Math.ceil(65_536 / LINE.length));
      const blocks = Math.ceil(INPUT_BYTES / block.length);
      for (let count = 0; count < blocks; count++) {
        if (!child.stdin!.write(block)) await Promise.race([once(child.stdin!, "drain"), closed]);
      }
      child.stdin!.end();
      const [status] = (await closed) as [number];
      assert.equal(status, 0, stderr);
      assert.equal(lines, (blocks * block.length) / LINE.length);
    });
  }

  const skip = process.platform !== "linux" && "only Linux tells that a process waits";
  test("stops reading when nobody takes its results, and goes on when somebody does", { skip }, async () => {
    const child = startHeddle(["map", `${FUNCTIONS}#echo`, "--input", "-", "--jobs", "1"], {
      nodeOptions: [LIMIT],
    });
    const closed = once(child, "close");
    child.stdout!.pause();
    const block = LINE.repeat(100);
    let written = 0;
    // Whoever writes is held back long before everything is written.
    let isHeldBack = false;
    while (!isHeldBack && written < INPUT_BYTES) {
      if (child.stdin!.write(block)) written += block.length;
      else
        isHeldBack = !(await Promise.race([
          once(child.stdin!, "drain").then(() => true),
          stalled(child.pid!),
        ]));
    }
    assert.ok(isHeldBack, "the input was read to its end");
    child.stdin!.end();
    child.stdout!.resume();
    const [status] = (await closed) as [number];
    assert.equal(status, 0);
  });
});

/** Resolves to false once the process has used no processor time for a while: it waits for somebody. */
async function stalled(pid: number): Promise<false> {
  for (let last = "", same = 0; same < 10;) {
    const now = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ").slice(13, 15).join(" ");
    same = now === last ? same + 1 : 0;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
