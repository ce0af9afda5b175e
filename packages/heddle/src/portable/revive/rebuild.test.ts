import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test("a program that forbids code from text is told so, and can give functions of modules", () => {
  const program = `
    import { fromModule, ThreadPoolExecutor } from "heddle";
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    console.log(await pool.submit((n) => n + 1, 1).catch((error) => error.message));
    console.log(await pool.submit(fromModule("node:path").basename, "/a/b"));
  `;
  const flags = [
    "--disallow-code-generation-from-strings",
    "--conditions=@heddle/source",
    "--input-type=module",
  ];
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, "-e", program], { encoding: "utf8" });
  assert.match(
    stdout,
    /^Cannot make a function from its text: this program forbids that; give it by fromModule\(\), .*\nb\n$/,
    stderr,
  );
});
