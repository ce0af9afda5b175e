import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { VirtualDeadlockError } from "@heddle/testing";
import { buildSync } from "esbuild";
import { TimeoutError } from "heddle";
import { withChecks } from "./doctest/assertions.ts";
import { fencesIn } from "./doctest/fences.ts";
import { nodeRelease } from "./node-release.ts";
import { Project } from "./pack/project.ts";
import { tsconfig, USED, ways } from "./pack/ways.ts";
import { packageJson, publicPackages } from "./packages.ts";
import { program } from "./program.ts";
import { isBundled, outerEnvironment, root } from "./setup.mjs";

const TSC = "node_modules/typescript/bin/tsc";

/** What importing something may take. */
interface Budget {
  readonly files: number;
  readonly sizeBytes: number;
  /** Modules of Node that take it long to load. */
  readonly slow?: readonly string[];
}

/**
 * What importing may take: a tenth more than it did when this was written. How long it takes, `npm run bench -- startup` tells.
 * What needs more shall be loaded when it is used.
 */
const BUDGETS: Readonly<Record<string, Budget>> = {
  heddle: { files: 9, sizeBytes: 450_000 },
  "heddle/sync": { files: 5, sizeBytes: 240_000 },
  // An import of node:util brings these along.
  "@heddle/testing": { files: 36, sizeBytes: 150_000, slow: ["net", "worker_threads"] },
};
/** What `heddle` may take when it is installed: a third of it are its sources, another third types and maps. */
const INSTALLED_BYTES = 5_700_000;

/** The newest line of Node beside the repository's own. */
const newestNode = "26.10.0";

/** An empty project in which the packed packages are installed. */
let packed: Project;
let project = "";

before(() => {
  packed = new Project();
  project = packed.folder;
  for (const name of ["imported.ts", "main.ts", "use.ts", "route.ts", "processes.ts"]) packed.add(name);
  packed.write("subpaths.ts", subpaths().map(importOf).join("\n"));
});
after(() => packed.remove());

function importOf(name: string, index: number): string {
  return `export * as part${index} from "${name}";`;
}

/** What can be imported. */
function subpaths(): string[] {
  return publicPackages().flatMap((folder) => {
    const { name, exports = {} } = packageJson(folder);
    return Object.entries(exports)
      .filter(([, entry]) => typeof entry !== "string")
      .map(([path]) => name + path.slice(1));
  });
}

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
        // What only the repository itself asks for is nested.
        typeof entry === "string" ? entry : Object.values(entry).filter((path) => typeof path === "string"),
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
      const declared = built("dist", ".d.ts");
      assert.deepEqual(declared.toSorted(), built("src", ".ts").toSorted());
      // What is bundled is in fewer files: those that can be imported, those that workers run, and what they share.
      const compiled: string[] = built("dist", ".js").filter(
        (file) => !/^(?:chunk|\w+)-[A-Z0-9]{8}$/.test(file),
      );
      const expected: string[] = isBundled(folder)
        ? declared.filter((file) => /^[\w-]+$|\/heddle-[\w-]+$/.test(file)).map((file) => basename(file))
        : declared;
      assert.deepEqual(compiled.toSorted(), expected.toSorted());
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

  for (const options of [{ module: "nodenext" }, { module: "esnext", moduleResolution: "bundler" }]) {
    test(`have types for a strict project with ${JSON.stringify(options)}`, async () => {
      writeExample();
      packed.write("types.json", tsconfig({ ...options, noEmit: true }, ["typed.ts"]));
      const { ok, output } = await packed.run(process.execPath, [TSC, "-p", "types.json"]);
      assert.ok(ok, output);
    });
  }

  for (const [name, budget] of Object.entries(BUDGETS)) {
    test(`take no more to be loaded by import "${name}" than their budget`, async () => {
      const { ok, output } = await packed.run(process.execPath, ["imported.ts", name]);
      assert.ok(ok, output);
      const { files, sizeBytes, slow } = JSON.parse(output);
      assert.deepEqual(slow, budget.slow ?? [], "modules of Node that few programs need");
      assert.ok(files <= budget.files, `${files} files`);
      assert.ok(sizeBytes <= budget.sizeBytes, `${sizeBytes} bytes`);
    });
  }

  test("take no more room in node_modules than their budget", () => {
    const installed = join(project, "node_modules/heddle");
    const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
    const sizeBytes = files.reduce((sum, file) => sum + statSync(join(installed, file)).size, 0);
    assert.ok(sizeBytes <= INSTALLED_BYTES, `${sizeBytes} bytes`);
  });

  test("refuse in one sentence to run on an older Node, whatever is imported", async (t) => {
    // The repository can be set up by Node 20, which then is what the PATH has.
    const { output: version } = program("node", ["--version"], { environment: outerEnvironment() });
    if (Number.parseInt(version.slice(1), 10) >= 24) return t.skip(`node on the PATH is ${version}`);
    for (const name of subpaths().filter((path) => path.startsWith("heddle"))) {
      const { output } = await packed.run("node", ["--input-type=module", "--eval", `import "${name}";`]);
      assert.match(output, /^Error: Cannot run heddle on Node\.js [\d.]+: it needs Node\.js 24 or later$/m);
    }
    const { output } = await packed.run("node", ["node_modules/@heddle/cli/bin/heddle.js", "map", "--help"]);
    assert.match(output, /^heddle: Cannot run on Node\.js [\d.]+: it needs Node\.js 24 or later$/);
  });

  test("are replaced by one sentence in bundles for browsers and edge runtimes", async () => {
    for (const condition of ["browser", "edge-light", "workerd"]) {
      packed.write("client.ts", 'import { Lock } from "heddle";\nnew Lock();\n');
      const outfile = `client/${condition}.mjs`;
      buildSync({
        absWorkingDir: project,
        entryPoints: ["client.ts"],
        outfile,
        bundle: true,
        format: "esm",
        platform: condition === "browser" ? "browser" : "neutral",
        conditions: [condition],
      });
      const { output } = await packed.run(process.execPath, [outfile]);
      assert.match(
        output,
        /^Error: Cannot run heddle here: this bundle is for a browser or an edge runtime/m,
      );
    }
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

      describe("are of use", { concurrency: 2 }, () => {
        for (const way of ways) {
          test(way.name, async (t) => {
            if (lack !== undefined) return t.skip(lack);
            const { runs } = way;
            const { steps, nodeOptions } = way.prepare(packed);
            let last = "";
            for (const step of steps) {
              const { ok, output } = await packed.run(node, step, nodeOptions);
              assert.ok(ok, output);
              last = output;
            }
            if (runs === "main") assert.deepEqual(JSON.parse(last), USED);
            else assert.match(last, runs === "route" ? /^{"text":"hello, route"}$/ : /\b1 passed/);
          });
        }
      });

      test("let processes wait for each other, and for nothing else", async (t) => {
        if (lack !== undefined) return t.skip(lack);
        const { ok, output } = await packed.run(node, ["processes.ts"]);
        assert.ok(ok, output);
        assert.deepEqual(JSON.parse(output), { sum: 1275, ended: "ended", abandoned: true, product: 42 });
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
