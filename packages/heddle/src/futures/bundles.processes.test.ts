/** Programs in one file, with the toolkit in it, that use processes. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const from = (path: string): string =>
  JSON.stringify(fileURLToPath(new URL(`../${path}.ts`, import.meta.url)));
const modules = fileURLToPath(new URL("../../../../node_modules", import.meta.url));

const PROGRAM = `
  import { ProcessPoolExecutor } from ${from("futures")};
  import { Queue } from ${from("queues")};
  import { Process, SharedHeap } from ${from("workers")};

  async function main() {
    const factor = 3;
    const product = await new Process((n) => n * factor, { args: [2] }).start().result;
    const pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    const sum = await pool.submit((n) => n + factor, 4);
    const heap = SharedHeap.create("bundle-" + process.pid, { sizeBytes: 2 ** 20 });
    heap.unlink();
    const queue = new Queue({ heap });
    await pool.submit(() => queue.putSync("woven"));
    console.log(JSON.stringify([product, sum, await queue.get(), process.argv.length]));
    await pool.shutdown();
  }
  main().catch((error) => console.log(error.name + ": " + error.message));
`;

const SLEEPING = `
  import { ThreadPoolExecutor } from ${from("futures")};
  import { sleep } from ${from("tasks")};

  new ThreadPoolExecutor().submit(() => sleep(1)).catch((error) => console.log(error.name + ": " + error.message));
`;

describe("a program in one file", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "heddle-bundle-"))));
  after(() => rmSync(folder, { recursive: true }));

  const run = (name: string, format: "esm" | "cjs", minify: boolean, contents: string = PROGRAM): string => {
    const outfile = join(folder, name, `program.${format === "esm" ? "mjs" : "cjs"}`);
    buildSync({
      stdin: { contents, resolveDir: modules },
      outfile,
      bundle: true,
      minify,
      format,
      platform: "node",
      conditions: ["@heddle/source"],
      external: ["koffi"],
      logLevel: "error",
    });
    return spawnSync(process.execPath, [outfile], { encoding: "utf8", cwd: folder }).stdout.trim();
  };

  for (const [format, minify] of [
    ["esm", false],
    ["cjs", true],
  ] as const) {
    test(`runs functions in processes: ${format}${minify ? ", minified" : ""}`, () => {
      mkdirSync(join(folder, format, "node_modules"), { recursive: true });
      for (const needed of ["koffi", "@koromix"])
        symlinkSync(join(modules, needed), join(folder, format, "node_modules", needed));
      assert.equal(run(format, format, minify), '[6,7,"woven",2]');
    });
  }

  test("says what to do where a call uses functions of the toolkit that only the program has", () => {
    assert.match(
      run("sleeping", "esm", false, SLEEPING),
      /^PortabilityError: Cannot send function "sleep" .* inside this bundle.*; leave heddle out of the bundle: external: \["heddle"\]/,
    );
  });

  test("says what to install where koffi is not beside it", () => {
    assert.match(
      run("without", "esm", false),
      /^SharedHeapError: Cannot create a shared heap: the package koffi.*cannot be loaded.*; run: npm install koffi@/,
    );
  });
});
