import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { ended, heddle, startHeddle, startUnread } from "./fixtures/run-heddle.ts";

describe("heddle bench", () => {
  test("prints the machine, and a line for each case: the median and the range of it", async () => {
    const { status, stdout, stderr } = await heddle(["bench", "queue", "lock", "--time", "10"]);
    assert.equal(status, 0, stderr);
    const [machine, , ...lines] = stdout.trimEnd().split("\n");
    assert.match(machine!, /^Node [\d.]+, \d+ cores? of ./);
    assert.equal(lines.length, 2);
    assert.match(
      lines[0]!,
      /^to take a lock that is free, and release it +[\d.]+ [nµm]s +[\d.]+ .s to [\d.]+ .s$/,
    );
    assert.match(lines[1]!, /^to put an item into a queue, and get it +/);
  });

  test("measures every case there is, as JSON too", async () => {
    const { status, stdout, stderr } = await heddle(["bench", "--json", "--time", "1"]);
    assert.equal(status, 0, stderr);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.ok(rows.length >= 9);
    for (const { name, figures } of rows) {
      // Where processes cannot share memory, it says so.
      if (typeof figures === "string") assert.match(name, /process/);
      else
        assert.ok(figures.leastMs > 0 && figures.leastMs <= figures.ms && figures.ms <= figures.mostMs, name);
    }
  });

  test("finishes the case under way at Ctrl-C, keeps what it has, and exits 130", async () => {
    const child = startHeddle(["bench", "lock", "queue", "--time", "300"]);
    // The first line is written before the first case begins.
    child.stdout!.once("data", () => child.kill("SIGINT"));
    const { status, stdout, stderr } = await ended(child);
    assert.equal(status, 130);
    assert.match(stdout, /^to take a lock/m);
    assert.match(stderr, /^heddle: stopping after this case, and again stops at once\n$/);
  });

  test("ends at once at the second Ctrl-C", async () => {
    const child = startHeddle(["bench", "message", "--time", "600000"]);
    child.stdout!.once("data", () => child.kill("SIGINT"));
    child.stderr!.once("data", () => child.kill("SIGINT"));
    const { status, stdout } = await ended(child);
    assert.equal(status, 130);
    assert.doesNotMatch(stdout, /bare thread/);
  });

  test("ends quietly when nobody reads it", async () => {
    const child = startUnread(["bench", "lock", "queue", "--time", "10"]);
    let stderr = "";
    child.stderr!.on("data", (data: Buffer) => (stderr += String(data)));
    const [status] = (await once(child, "close")) as [number];
    assert.equal(status, 141);
    assert.equal(stderr, "");
  });
});
