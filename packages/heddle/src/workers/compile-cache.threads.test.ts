import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

const home = mkdtempSync(join(tmpdir(), "heddle-cache-"));
after(() => rmSync(home, { recursive: true }));

/** What a worker of a program by itself answers, whose environment and first lines are these. */
function ask(env: NodeJS.ProcessEnv, firstLines: string = ""): { cache: string | undefined; seen: string[] } {
  const program = `
    import { enableCompileCache, getCompileCacheDir } from "node:module";
    import { ThreadPoolExecutor } from "heddle";
    ${firstLines}
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const answer = await pool.submit(() => ({
      cache: getCompileCacheDir(),
      seen: Object.keys(process.env).filter((key) => key.includes("COMPILE_CACHE")),
    }));
    console.log(JSON.stringify(answer));
  `;
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...clean } = process.env;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@heddle/source", "--input-type=module", "--eval", program],
    { encoding: "utf8", cwd: import.meta.dirname, env: { ...clean, TMPDIR: home, ...env }, timeout: 60_000 },
  );
  assert.equal(stderr, "");
  return JSON.parse(stdout) as ReturnType<typeof ask>;
}

describe("a worker's cache of compiled code", () => {
  test("is Node's own, filled as the worker ends, and nothing that runs in the worker hears of it", () => {
    const { cache, seen } = ask({});
    assert.ok(cache?.startsWith(join(home, "node-compile-cache")), cache);
    assert.deepEqual(seen, []);
    assert.ok(readdirSync(cache!).length > 10);
  });

  test("is the one that the program has chosen", () => {
    const byVariable = ask({ NODE_COMPILE_CACHE: join(home, "variable") });
    assert.ok(byVariable.cache?.startsWith(join(home, "variable")));
    assert.deepEqual(byVariable.seen, ["NODE_COMPILE_CACHE"]);
    const chosen = JSON.stringify(join(home, "chosen"));
    assert.ok(ask({}, `enableCompileCache(${chosen});`).cache?.startsWith(join(home, "chosen")));
  });

  test("is not, where the program wants none", () => {
    assert.deepEqual(ask({ NODE_DISABLE_COMPILE_CACHE: "1" }), { seen: ["NODE_DISABLE_COMPILE_CACHE"] });
  });
});
