/**
 * The ways in which projects run what they import: each writes what it needs into the project, and says what to run.
 *
 * Each runs one of the programs in `pack/project`, or makes a test of it.
 */
import { buildSync, transformSync } from "esbuild";
import { javaScriptOf, type Project, sourceOf } from "./project.ts";

/** What to run, one after the other, as arguments to Node. */
export interface Steps {
  readonly steps: readonly (readonly string[])[];
  readonly nodeOptions?: readonly string[];
}

export interface Way {
  readonly name: string;
  /** Which of the programs it runs; "test" for one that a test runner makes a test of. */
  readonly runs: "main" | "route" | "test";
  prepare(project: Project): Steps;
}

/** What `use()` gives, as its source says it. */
export const USED = {
  products: [7, 28, 63],
  count: 300,
  items: [1, 2, 3],
  squares: [9, 16],
  total: 11,
  schedules: 1,
} as const;

const TEST = `test("the toolkit is of use", async () => expect(await use()).toEqual(${JSON.stringify(USED)}));\n`;
const VITE = "node_modules/vite/bin/vite.js";

/** In a folder of its own, as CommonJS: the folder says so. */
function writeCommonJs(project: Project, folder: string, name: string, text: string): void {
  const { code } = transformSync(text, { loader: "ts", format: "cjs", target: "es2024" });
  project.write(`${folder}/package.json`, '{ "type": "commonjs" }');
  project.write(`${folder}/${name}.js`, code.replaceAll(/("\.\/\w+)\.ts"/g, '$1.js"'));
}

function bundled(project: Project, format: "esm" | "cjs"): Steps {
  // Beside no node_modules, as it may be deployed.
  const outfile = `../alone/${format}.${format === "esm" ? "mjs" : "cjs"}`;
  buildSync({
    absWorkingDir: project.folder,
    entryPoints: ["main.ts"],
    outfile,
    format,
    bundle: true,
    platform: "node",
    logLevel: "error",
  });
  return { steps: [[outfile]] };
}

function builtByVite(project: Project, folder: string, config: object, isSingle = false): Steps {
  const rolldownOptions = { output: { codeSplitting: !isSingle } };
  const build = { ssr: "main.ts", outDir: folder, emptyOutDir: true, rolldownOptions };
  project.write(
    `${folder}.config.js`,
    `export default ${JSON.stringify({ logLevel: "error", build, ...config })};`,
  );
  return {
    steps: [[VITE, "build", "--config", `${folder}.config.js`], [`${folder}/main.js`]],
  };
}

export const ways: readonly Way[] = [
  {
    name: "as TypeScript, by Node itself",
    runs: "main",
    prepare: () => ({ steps: [["main.ts"]] }),
  },
  {
    name: "as JavaScript, in ES modules",
    runs: "main",
    prepare(project) {
      for (const name of ["main", "use"]) project.write(`${name}.mjs`, javaScriptOf(`${name}.ts`, "mjs"));
      return { steps: [["main.mjs"]] };
    },
  },
  {
    name: "as CommonJS, by require",
    runs: "main",
    prepare(project) {
      for (const name of ["main", "use"]) writeCommonJs(project, "common", name, sourceOf(`${name}.ts`));
      return { steps: [["common/main.js"]] };
    },
  },
  {
    name: "compiled by tsc, with moduleResolution nodenext",
    runs: "main",
    prepare(project) {
      project.write("nodenext.json", tsconfig({ module: "nodenext", outDir: "nodenext" }));
      return { steps: [["node_modules/typescript/bin/tsc", "-p", "nodenext.json"], ["nodenext/main.js"]] };
    },
  },
  {
    name: "by tsx",
    runs: "main",
    prepare: () => ({ steps: [["node_modules/tsx/dist/cli.mjs", "main.ts"]] }),
  },
  {
    name: "in a bundle by esbuild, as an ES module",
    runs: "main",
    prepare: (project) => bundled(project, "esm"),
  },
  {
    name: "in a bundle by esbuild, as CommonJS",
    runs: "main",
    prepare: (project) => bundled(project, "cjs"),
  },
  {
    name: "in an SSR build by Vite",
    runs: "main",
    prepare: (project) => builtByVite(project, "ssr", {}),
  },
  {
    name: "in an SSR build by Vite, with everything inside",
    runs: "main",
    prepare: (project) => builtByVite(project, "inside", { ssr: { noExternal: true } }, true),
  },
  {
    name: "in an SSR build by Vite, of several files with everything inside",
    runs: "main",
    prepare: (project) => builtByVite(project, "split", { ssr: { noExternal: true } }),
  },
  {
    name: "in a route handler of a node:http server",
    runs: "route",
    prepare(project) {
      project.add("route.ts");
      return { steps: [["route.ts"]] };
    },
  },
  {
    name: "in a test of vitest",
    runs: "test",
    prepare(project) {
      const imports = 'import { expect, test } from "vitest";\nimport { use } from "./use.ts";\n';
      project.write("vitest.test.ts", imports + TEST);
      return { steps: [["node_modules/vitest/vitest.mjs", "run", "vitest.test.ts"]] };
    },
  },
  {
    name: "in a test of jest, in ES modules",
    runs: "test",
    prepare(project) {
      project.write("jest/use.mjs", javaScriptOf("use.ts", "mjs"));
      project.write("jest/use.test.mjs", `import { use } from "./use.mjs";\n${TEST}`);
      const config = { rootDir: "jest", transform: {}, testMatch: ["**/*.test.mjs"] };
      project.write("jest.json", JSON.stringify(config));
      return {
        steps: [["node_modules/jest/bin/jest.js", "--config", "jest.json"]],
        nodeOptions: ["--experimental-vm-modules", "--no-warnings"],
      };
    },
  },
];

/** Settings of a strict project that checks the types of what it imports, too. */
export function tsconfig(options: object, files: readonly string[] = []): string {
  const compilerOptions = {
    target: "es2024",
    lib: ["es2024", "esnext.disposable"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    rewriteRelativeImportExtensions: true,
    ...options,
  };
  return JSON.stringify({ compilerOptions, files: [...files, "main.ts", "route.ts", "subpaths.ts"] });
}
