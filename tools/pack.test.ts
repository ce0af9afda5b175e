import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { VirtualDeadlockError } from "@heddle/testing";
import { TimeoutError } from "heddle";
import { withChecks } from "./doctest/assertions.ts";
import { fencesIn } from "./doctest/fences.ts";
import { nodeRelease } from "./node-release.ts";
import { packAll } from "./pack.ts";
import { packageJson, publicPackages } from "./packages.ts";
import { program } from "./program.ts";
import { outerEnvironment, root } from "./setup.mjs";

/** The newest line of Node beside the repository's own. */
const newestNode = "26.10.0";

/** An empty project in which the packed packages are installed. */
let project = "";

before(() => {
  project = mkdtempSync(join(tmpdir(), "heddle-project-"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const tarballs = [...packAll(project).values()];
  const { ok, output } = program(
    "npm",
    ["install", "--no-audit", "--no-fund", "--loglevel=error", ...tarballs],
    {
      folder: project,
      environment: outerEnvironment(),
    },
  );
  assert.ok(ok, output);
});
after(() => rmSync(project, { recursive: true }));

/** The README's first example, with its checks, as a program of the project. */
function writeExample(): string {
  const [fence] = fencesIn("README.md", readFileSync(join(root, "README.md"), "utf8"));
  assert.ok(fence, "the README has no example: a fence marked ts");
  const { code, lines } = withChecks(fence.code, "__checks", fence.line);
  const runtime = pathToFileURL(join(root, "tools/doctest/runtime.ts")).href;
  const begin = `import * as __checks from "${runtime}"; __checks.begin("README.md", [${lines.join()}]);`;
  writeFileSync(join(project, "example.ts"), `${begin}\n${code}`);
  writeFileSync(join(project, "typed.ts"), fence.code);
  return "example.ts";
}

describe("the packed packages, installed in an empty project", () => {
  for (const folder of publicPackages()) {
    test(`${packageJson(folder).name} holds the licence, a README, and all that its package.json names`, () => {
      const installed = join(project, "node_modules", packageJson(folder).name);
      assert.equal(
        readFileSync(join(installed, "LICENSE"), "utf8"),
        readFileSync(join(root, "LICENSE"), "utf8"),
      );
      const { bin = {}, exports = {} } = packageJson(folder);
      const named = Object.values(exports).flatMap((entry) =>
        typeof entry === "string" ? entry : Object.values(entry),
      );
      for (const path of ["README.md", ...Object.values(bin), ...named]) {
        assert.ok(existsSync(join(installed, path)), `${path} is missing`);
      }
    });

    test(`${packageJson(folder).name} holds each source with what was built from it, and nothing of the tests`, () => {
      const installed = join(project, "node_modules", packageJson(folder).name);
      const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
      const built = (tree: string, ending: string): string[] =>
        files
          .filter((file) => file.startsWith(`${tree}/`) && file.endsWith(ending))
          .map((file) => file.slice(tree.length + 1, -ending.length));
      assert.deepEqual(built("dist", ".js").toSorted(), built("src", ".ts").toSorted());
      assert.deepEqual(
        files.filter((file) => /\.test|fixture|tsbuildinfo/.test(file)),
        [],
      );
    });
  }

  test("bring along the page to which their errors lead", () => {
    for (const { help } of [new TimeoutError("this", 1), new VirtualDeadlockError(0, [])]) {
      const [path = "", entry = ""] = help.split("#");
      const page = readFileSync(join(project, path), "utf8");
      assert.ok(page.includes(`\n## ${entry.toUpperCase()}\n`), help);
    }
  });

  test("have types with which the README's example compiles", () => {
    writeExample();
    const compilerOptions = {
      module: "NodeNext",
      target: "ES2024",
      lib: ["ES2024", "ESNext.Disposable"],
      strict: true,
      noEmit: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    };
    const settings = { compilerOptions, files: ["typed.ts"] };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(settings));
    const { ok, output } = program(process.execPath, [
      join(root, "node_modules/typescript/bin/tsc"),
      "-p",
      project,
    ]);
    assert.ok(ok, output);
  });

  for (const version of [process.versions.node, newestNode]) {
    describe(`on Node ${version}`, () => {
      let node = process.execPath;
      let lack: string | undefined;
      before(() => {
        if (version !== process.versions.node) node = nodeRelease(version);
        // Node 26 needs libatomic1, which a small system may not have.
        lack = /.*error while loading shared libraries.*/.exec(program(node, ["--version"]).output)?.[0];
      });

      test("run the README's example", (t) => {
        if (lack !== undefined) return t.skip(lack);
        const { ok, output } = program(node, [writeExample()], { folder: project });
        assert.ok(ok, output);
        assert.notEqual(output, "", "the example printed nothing");
      });

      test("have a heddle command that maps a function over items on threads", (t) => {
        if (lack !== undefined) return t.skip(lack);
        writeFileSync(join(project, "square.ts"), "export const square = (n: number): number => n * n;\n");
        const command = join("node_modules/@heddle/cli", packageJson("cli").bin?.["heddle"] ?? "");
        const options = ["--format", "numbers", "--on", "threads", "--ordered", "--output", "squares.jsonl"];
        const { ok, output } = program(node, [command, "map", "square.ts#square", ...options, "2", "3"], {
          folder: project,
        });
        assert.ok(ok, output);
        const lines = readFileSync(join(project, "squares.jsonl"), "utf8").trim().split("\n");
        assert.deepEqual(
          lines.map((line) => JSON.parse(line).result),
          [4, 9],
        );
      });
    });
  }
});
