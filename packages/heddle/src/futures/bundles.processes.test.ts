/** Programs in one file, with the toolkit in it: what runs in their workers. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type BuildOptions, buildSync } from "esbuild";
import * as heddle from "../index.ts";

const modules = fileURLToPath(new URL("../../../../node_modules", import.meta.url));

/** What each program prints is one line of JSON, and nothing where it fails before that. */
const program = (names: readonly string[], body: string): string => `
  import { ${names.join(", ")} } from "heddle";

  async function main() {${body}}
  main().catch((error) => console.log(error.name + ": " + error.message));
`;

const PROCESSES = program(
  ["Manager", "Process", "ProcessPoolExecutor", "Queue", "SharedHeap"],
  `
    const factor = 3;
    const product = await new Process((n) => n * factor, { args: [2] }).start().result;
    const pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    const sum = await pool.submit((n) => n + factor, 4);
    const heap = SharedHeap.create("bundle-" + process.pid, { sizeBytes: 2 ** 20 });
    heap.unlink();
    const queue = new Queue({ heap });
    await pool.submit(() => queue.putSync("woven"));
    class Looms { count = 2; add() { return ++this.count + process.argv.length; } }
    await using manager = await Manager.start({ on: "process" });
    const looms = await manager.create(Looms);
    console.log(JSON.stringify([product, sum, await queue.get(), process.argv.length, await looms.add()]));
    await pool.shutdown();
  `,
);

const names = Object.keys(heddle);
const EVERYTHING = program(
  names,
  `
    const kinds = () => [${names.map((name) => `typeof ${name}`).join(", ")}].join();
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const places = [
      await pool.submit(kinds),
      await new Thread(kinds).start().result,
      await new Process(kinds).start().result,
    ];
    console.log(JSON.stringify(places.map((place) => place === kinds())));
    await pool.shutdown();
  `,
);

const CALLING = program(
  ["Lock", "LockStateError", "sleep", "taskGroup", "ThreadPoolExecutor", "transfer", "withTimeout"],
  `
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const first = await pool.submit(async () => { await sleep(1); return "slept"; });
    const second = await pool.submit(() => withTimeout(10_000, () => taskGroup(async (group) => {
      const { length } = await group.spawn(async () => transfer(new Uint8Array(3)));
      return length;
    })));
    const isItsOwn = await pool.submit(() => {
      try { new Lock().release(); } catch (error) { return error instanceof LockStateError; }
    });
    const bytes = await pool.submit(() => transfer(new Uint8Array(5)));
    console.log(JSON.stringify([first, second, isItsOwn, bytes.length]));
    await pool.shutdown();
  `,
);

/** What "heddle" names is passed by. */
const PASSED_BY = `
  import { Thread } from ${JSON.stringify(join(modules, "heddle", "src", "workers.ts"))};
  console.log("begins");
  try {
    new Thread(() => 1).start();
  } catch (error) {
    console.log(error.message);
  }
`;

const always: BuildOptions = {
  bundle: true,
  platform: "node",
  conditions: ["@heddle/source"],
  external: ["koffi"],
  logLevel: "error",
};

describe("a program in one file", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "heddle-bundle-"));
    mkdirSync(join(folder, "whole", "node_modules"), { recursive: true });
    for (const needed of ["koffi", "@koromix"])
      symlinkSync(join(modules, needed), join(folder, "whole", "node_modules", needed));
  });
  after(() => rmSync(folder, { recursive: true }));

  interface Form {
    readonly at?: "whole" | "without";
    readonly format?: "esm" | "cjs";
    readonly minify?: boolean;
    /** What the bundler takes for the address of each module. */
    readonly address?: string;
  }

  const run = (contents: string, form: Form = {}): string => {
    const { at = "whole", format = "esm", minify = false, address } = form;
    const outfile = join(folder, at, `program.${format === "esm" ? "mjs" : "cjs"}`);
    buildSync({
      ...always,
      stdin: { contents, resolveDir: modules },
      outfile,
      minify,
      format,
      define: address === undefined ? {} : { "import.meta.url": JSON.stringify(address) },
    });
    const { stdout, stderr } = spawnSync(process.execPath, [outfile], {
      encoding: "utf8",
      cwd: join(folder, at),
    });
    return stdout.trim() || stderr;
  };

  for (const [format, minify] of [
    ["esm", false],
    ["cjs", true],
  ] as const) {
    const form = `${format}${minify ? ", minified" : ""}`;
    test(`runs functions in processes: ${form}`, () => {
      assert.equal(run(PROCESSES, { format, minify }), '[6,7,"woven",2,5]');
    });

    test(`has all of the toolkit in its workers: ${form}`, () => {
      assert.equal(run(EVERYTHING, { format, minify }), "[true,true,true]");
    });
  }

  test("calls the toolkit's functions in its workers", () => {
    assert.equal(run(CALLING), '["slept",3,true,5]');
  });

  for (const [where, address] of [
    ["gone", "file:///built/elsewhere/index.js"],
    ["still there", pathToFileURL(join(modules, "heddle", "dist", "index.js")).href],
  ] as const) {
    test(`works where its bundler gave modules the address of their sources, which are ${where}`, () => {
      assert.equal(run(CALLING, { address }), '["slept",3,true,5]');
      assert.equal(run(EVERYTHING, { address }), "[true,true,true]");
    });
  }

  test("says what to do where its file does nothing by itself", () => {
    const chunk = join(folder, "whole", "chunk.cjs");
    buildSync({
      ...always,
      stdin: { contents: CALLING, resolveDir: modules },
      outfile: chunk,
      format: "cjs",
      define: { "import.meta.url": '"file:///built/elsewhere/index.js"' },
    });
    writeFileSync(chunk, `exports.run = () => { ${readFileSync(chunk, "utf8")} };`);
    const { stdout } = spawnSync(process.execPath, ["--eval", `require(${JSON.stringify(chunk)}).run()`], {
      encoding: "utf8",
    });
    assert.match(
      stdout,
      /^BrokenExecutorError: .*chunk.cjs was run in the worker and began nothing of heddle; leave heddle out of the bundle/,
    );
  });

  test("says what to install where koffi is not beside it", () => {
    assert.match(
      run(PROCESSES, { at: "without" }),
      /^SharedHeapError: Cannot create a shared heap: the package koffi.*cannot be loaded.*; run: npm install koffi@/,
    );
  });

  test("says what is wrong where the name of the toolkit was passed by, and starts no workers that would run the program again", () => {
    assert.match(
      run(PASSED_BY),
      /^begins\nCannot load a part of heddle: .* is not to be had; import heddle by its name into a bundle, .* or leave it out of that$/,
    );
  });
});
