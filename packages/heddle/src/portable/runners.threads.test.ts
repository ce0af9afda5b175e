import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AS_TESTS, outcomesOf, Project, type Run } from "./fixtures/project.ts";

/** The checks that every way to run a program passes; modules pass two more. */
const CHECKS = 19;
const MODULE_CHECKS = CHECKS + 2;

let project: Project;
before(async () => {
  project = await Project.create();
});
after(() => project.remove());

/** A package inside a bundle is code of the program, and this one assigns to its variables: it is refused. */
const REFUSED_INSIDE = "uses packages";

function assertPassed(run: Run, count: number, refused?: string): void {
  const outcomes = outcomesOf(run).filter(({ name }) => name !== refused);
  for (const { name, result, expected } of outcomes) assert.deepEqual(result, expected, name);
  assert.equal(outcomes.length, count, run.output);
  assert.equal(run.status, 0, run.output);
}

describe("functions travel from a program that is run", () => {
  test("as TypeScript by Node", async () => {
    await project.writeChecks("main.ts", { isModule: true });
    assertPassed(await project.run("node", ["main.ts"]), MODULE_CHECKS);
  });

  test("as JavaScript by Node", async () => {
    await project.writeChecks("main.mjs", { isModule: true, isTypeScript: false });
    assertPassed(await project.run("node", ["main.mjs"]), MODULE_CHECKS);
  });

  test("by tsx, as a module", async () => {
    await project.writeChecks("tsx.ts", { isModule: true });
    assertPassed(await project.run("tsx", ["tsx.ts"]), MODULE_CHECKS);
  });

  test("by tsx, as CommonJS", async () => {
    await project.writeChecks("tsx.cts", { isModule: false });
    assertPassed(await project.run("tsx", ["tsx.cts"]), CHECKS);
  });

  const formats = [
    { format: "esm", extension: "mjs" },
    { format: "cjs", extension: "cjs" },
  ];
  for (const { format, extension } of formats) {
    for (const minify of [false, true]) {
      for (const packages of ["external", "bundle"]) {
        const how = `${minify ? ", minified" : ""}, packages ${packages === "bundle" ? "inside" : "outside"}`;
        test(`from a bundle made by esbuild: ${format}${how}`, async () => {
          const isModule = format === "esm";
          await project.writeChecks("bundled.ts", { isModule });
          const file = `out/${format}-${minify}-${packages}.${extension}`;
          const options = [
            "--bundle",
            "--platform=node",
            "--log-level=error",
            ...(minify ? ["--minify"] : []),
          ];
          options.push(`--format=${format}`, `--outfile=${file}`, `--packages=${packages}`);
          const bundle = await project.run("esbuild", ["bundled.ts", ...options]);
          assert.equal(bundle.status, 0, bundle.output);
          const count = isModule ? MODULE_CHECKS : CHECKS;
          const run = await project.run("node", [file]);
          if (packages === "external") assertPassed(run, count);
          else assertPassed(run, count - 1, REFUSED_INSIDE);
        });
      }
    }
  }
});

describe("functions travel from tests that are run", () => {
  const tests = (globals: string): string => `${globals}${AS_TESTS}`;

  test("by node --test", async () => {
    const runner = tests(
      'import test, { after as afterAll } from "node:test"; import assert from "node:assert";' +
        "const expect = (actual: unknown) => ({ toEqual: (expected: unknown) => assert.deepEqual(actual, expected) });",
    );
    await project.writeChecks("node.test.ts", { isModule: true, runner });
    const run = await project.run("node", ["--test", "node.test.ts"]);
    assert.match(run.output, new RegExp(`pass ${MODULE_CHECKS}\\b`), run.output);
    assert.equal(run.status, 0, run.output);
  });

  test("by vitest", async () => {
    await project.writeChecks("vitest.test.ts", {
      isModule: true,
      runner: tests('import { afterAll, expect, test } from "vitest";'),
    });
    const run = await project.run("vitest", ["run", "vitest.test.ts"], { NO_COLOR: "1" });
    assert.match(run.output, new RegExp(`Tests\\s+${MODULE_CHECKS} passed`), run.output);
    assert.equal(run.status, 0, run.output);
  });

  test("by jest, as modules", async () => {
    await project.writeChecks("jest/jest.test.mjs", {
      isModule: true,
      isTypeScript: false,
      runner: tests(""),
    });
    await moveModules("jest");
    await project.write("jest/package.json", '{ "type": "module" }');
    await project.write("jest/config.json", JSON.stringify({ transform: {}, testMatch: ["**/*.test.mjs"] }));
    const environment = { NODE_OPTIONS: "--experimental-vm-modules" };
    const run = await project.run("jest", ["--config", "jest/config.json"], environment);
    assert.match(run.output, new RegExp(`Tests:\\s+${MODULE_CHECKS} passed`), run.output);
    assert.equal(run.status, 0, run.output);
  });

  test("by jest, transformed to CommonJS", async () => {
    await project.writeChecks("cjs/jest.test.js", {
      isModule: false,
      isTypeScript: false,
      runner: tests(""),
    });
    await moveModules("cjs");
    await project.write("cjs/transform.cjs", TRANSFORM);
    await project.write("cjs/package.json", '{ "type": "commonjs" }');
    const config = { transform: { "\\.m?js$": "./transform.cjs" }, transformIgnorePatterns: [] };
    await project.write("cjs/config.json", JSON.stringify(config));
    const run = await project.run("jest", ["--config", "cjs/config.json"]);
    assert.match(run.output, new RegExp(`Tests:\\s+${CHECKS} passed`), run.output);
    assert.equal(run.status, 0, run.output);
  });

  /** Puts what the checks import beside them. */
  async function moveModules(folder: string): Promise<void> {
    await project.run("cp", ["helper.mjs", "reexports.mjs", "data.json", folder]);
  }
});

/** What babel-jest or ts-jest do with modules, by esbuild. */
const TRANSFORM = `
const { transformSync } = require("esbuild");
const { pathToFileURL } = require("node:url");
exports.process = (source, path) => ({
  code: transformSync(source, {
    format: "cjs",
    platform: "node",
    target: "es2024",
    define: { "import.meta.url": JSON.stringify(pathToFileURL(path).href) },
  }).code,
});
`;
