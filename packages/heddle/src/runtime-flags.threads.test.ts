import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";

const PROGRAM = `
  import { SharedHeap, ThreadPoolExecutor } from "heddle";
  const factor = 2;
  const told = [];
  const tell = async (body) => told.push(await Promise.try(body).catch((error) => error.message));
  await tell(async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    return await pool.submit((n) => n * factor, 4);
  });
  await tell(() => SharedHeap.create("flags-" + process.pid, { sizeBytes: 2 ** 20 }).unlink());
  console.log(told.join("\\n"));
`;

/** What a pool gives, or says; and a shared heap. */
const DONE = ["8", ""] as const;
const table: readonly [flags: string, pool: string | RegExp, heap: string | RegExp][] = [
  ["--frozen-intrinsics", ...DONE],
  ["--disable-proto=throw", ...DONE],
  ["--stack-trace-limit=0", ...DONE],
  ["--no-addons", "8", /koffi.*; run the program without --no-addons/],
  ["--jitless", /^Cannot share memory between threads: .*; run it without --jitless$/, ""],
  ["--no-experimental-require-module", /; run it without --no-experimental-require-module$/, ""],
  [
    "--disallow-code-generation-from-strings",
    /; use fromModule\(\), or run the program without --disallow/,
    "",
  ],
  [
    "--permission --allow-fs-read=*",
    /^Access to this API has been restricted/,
    /; run the program without --no-addons, or with --allow-addons$/,
  ],
  [
    "--permission --allow-fs-read=* --allow-worker",
    /this runtime cannot look into a closure; name what it captures/,
    /--allow-addons$/,
  ],
];

describe("a program that is run with flags that take something away is told which, or does not mind:", () => {
  for (const [flags, ...expected] of table) {
    test(flags, () => {
      // What was built, as Node cannot strip types with all of the flags.
      const own = ["--input-type=module", "--eval", PROGRAM];
      const { stdout, stderr } = spawnSync(process.execPath, [...flags.split(" "), ...own], {
        encoding: "utf8",
      });
      const told = stdout.replace(/\n$/, "").split("\n");
      expected.forEach((said, i) => {
        if (typeof said === "string") assert.equal(told[i], said, stderr);
        else assert.match(told[i] ?? "", said, stderr);
      });
    });
  }
});
