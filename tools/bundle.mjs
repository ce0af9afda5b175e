// @ts-check
/**
 * Makes a package's `dist` of few files, so that a worker is soon there: Node takes as long to find and link a small module as to
 * run it, and a worker would load two hundred.
 *
 * What can be imported, and what workers run, is a file of its own; what several of these have in common is in chunks, once, so
 * that there is one copy of everything in a thread. There would be a chunk for each set of files that have something in common: those
 * of a kind are given all that one of them needs, so that there are few. Plain JavaScript for Node 20 on, as it belongs to the set-up.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "acorn";
import { build } from "esbuild";

/** Refuses to run where the rest could not. */
const FIRST = "runtime.ts";

/** What is by itself: it has copies of the little that it needs. */
const ALONE = /\bheddle-plain-process\.ts$/;

/** What is a file of its own: what can be imported, and what workers run, or what is loaded later. */
const ENTRY = /^[\w-]+\.ts$|^(?:[\w-]+\/)+heddle-[\w-]+\.ts$/;

/** What a process of its own loads when the first handle comes: a file of its own as well. */
const DOOR = /^sync\/index\.ts$/;

/** What nearly all need: else each would be a file of its own. */
const SMALL = ["portable/explicit.ts", "portable/origin.ts", "portable/publish/staying.ts"];

/** What primitives, queues and channels have in common with their cores, and what all workers load managers by. */
const WAITED = [
  "managers/managing-later.ts",
  "queues/cells/cell-words.ts",
  "queues/channel/channel-words.ts",
  "queues/queue/queue-words.ts",
  "scopes/index.ts",
  "sync/current-owner.ts",
  "sync/lock-words.ts",
  "sync/objects/index.ts",
  "sync/objects/reach.ts",
  "sync/waiting/reclaims.ts",
  "sync/waiting/record.ts",
  "sync/waiting/wait-list.ts",
  "sync/waiting/within-scope.ts",
];

/** What managers and pools have in common with what runs in their workers. */
const WORKED = [
  "futures/fifo.ts",
  "futures/streams/stream-flow.ts",
  "managers/checks.ts",
  "managers/errors.ts",
  "managers/marks.ts",
];

/**
 * What entries of a kind are given, needed or not, by the first that fits: a file fewer to load saves more than a little more to compile
 * costs. The locks alone are so much less than the rest that they are left what they need. What workers run is not given to others, as it
 * would run there.
 *
 * @type {readonly { kind: RegExp, given: readonly string[] }[]}
 */
const TOGETHER = [
  { kind: DOOR, given: [...WAITED, ...WORKED] },
  { kind: /\bheddle-functions\b/, given: SMALL },
  { kind: /\bheddle-publishing\b/, given: [...SMALL, "portable/heddle-functions.ts"] },
  { kind: /^sync\.ts$/, given: [...SMALL, ...WAITED, ...WORKED] },
  { kind: /\bheddle-cores\b/, given: [...SMALL, ...WAITED] },
  { kind: /\bheddle-queueing\b/, given: [...SMALL, ...WAITED, "sync/heddle-cores.ts"] },
  {
    kind: /\bheddle-(?:managing|piping|pools)\b/,
    given: ["index.ts", "portable/heddle-functions.ts", "sync/heddle-cores.ts"],
  },
  { kind: /^[\w-]+\.ts$/, given: ["index.ts"] },
  // It loads what its function has to do with.
  { kind: /\bheddle-(?:own-process|plain-rest)\b/, given: [...SMALL, ...WAITED] },
  // What workers run.
  { kind: /\//, given: ["futures/worker/worker-entry.ts", ...WAITED, ...WORKED] },
];

/**
 * Writes the JavaScript of a package; leaves it alone if no source is newer, nor what is written here.
 *
 * @param {string} folder - Of the package.
 * @param {string} out - Where to.
 */
export async function bundle(folder, out) {
  const outdir = resolve(out);
  const src = join(folder, "src");
  const sources = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !/\.test(-d)?\.ts$|\bfixtures\b/.test(file),
  );
  const made = [
    ...sources.map((file) => join(src, file)),
    join(folder, "package.json"),
    import.meta.filename,
  ];
  const newest = Math.max(...made.map((file) => statSync(file).mtimeMs));
  // The last that is written.
  const sign = statSync(join(outdir, "index.js"), { throwIfNoEntry: false });
  if (sign !== undefined && sign.mtimeMs > newest) return;

  const entries = sources.filter((file) => ENTRY.test(file));
  /** @type {import("esbuild").BuildOptions & { write: false }} */
  const options = {
    absWorkingDir: resolve(src),
    outdir,
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node24",
    packages: "external",
    conditions: ["@heddle/source"],
    sourcemap: true,
    sourcesContent: false,
    logLevel: "error",
  };
  /** @param {readonly string[]} files */
  const named = (files) => Object.fromEntries(files.map((file) => [basename(file, ".ts"), file]));
  const alone = entries.filter((file) => ALONE.test(file));
  const entryPoints = named(entries.filter((file) => file !== FIRST && !alone.includes(file)));
  const both = await Promise.all([
    build({
      ...options,
      entryPoints,
      splitting: true,
      // What is loaded later depends on who loads the package.
      external: [...later(folder), `./${FIRST}`],
      plugins: [together(resolve(src))],
    }),
    build({ ...options, entryPoints: named(alone) }),
    // Only where there is one: what is loaded before anything else, as that may not be understood.
    build({ ...options, entryPoints: entries.filter((file) => file === FIRST) }),
  ]);
  const outputFiles = withFewer(both.flatMap((result) => result.outputFiles));
  mkdirSync(outdir, { recursive: true });
  for (const { path, text } of outputFiles.toSorted((a, b) => rank(a.path) - rank(b.path))) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      path.endsWith(".js") ? withFirst(withBuiltins(withNames(withoutComments(text)))) : text,
    );
  }
  const written = outputFiles.map(({ path }) => path);
  for (const file of readdirSync(outdir, { recursive: true, encoding: "utf8" })) {
    const path = join(outdir, file);
    if (/\.js(\.map)?$/.test(file) && !written.includes(path)) rmSync(path);
  }
}

/**
 * What the package imports by a name, and is not the same to all who load it.
 *
 * @param {string} folder
 */
function later(folder) {
  const { imports = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return Object.keys(imports).filter((name) => "node-addons" in imports[name]);
}

/**
 * Gives the entries of a kind what they are to have in common.
 *
 * @param {string} src
 * @returns {import("esbuild").Plugin}
 */
function together(src) {
  return {
    name: "together",
    setup(building) {
      building.onResolve({ filter: /^given:/ }, ({ path }) => ({
        path: join(src, path.slice("given:".length)),
        // Otherwise nothing would be imported, as nothing of it is used.
        sideEffects: true,
      }));
      building.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = relative(src, path).replaceAll("\\", "/");
        const isFile = ENTRY.test(file) || DOOR.test(file);
        const given = isFile ? TOGETHER.find(({ kind }) => kind.test(file))?.given : undefined;
        if (given === undefined) return undefined;
        const imports = given.filter((name) => name !== file).map((name) => `import "given:${name}";\n`);
        return { contents: readFileSync(path, "utf8") + imports.join(""), loader: "ts" };
      });
    },
  };
}

/**
 * Of a file that holds no more than an import of what comes before everything, that is imported instead. What the bundler itself
 * needs, for the syntax that is too new, is in a file of its own: it is put to what comes before everything, which all load.
 *
 * @param {{ path: string, text: string }[]} files
 */
function withFewer(files) {
  const isFirst = (/** @type {string} */ path) => basename(path) === FIRST.replace(/\.ts$/, ".js");
  const chunks = files.filter(({ path }) => /^chunk-\w+\.js$/.test(basename(path)));
  const empty = chunks.filter(({ text }) => /^(?:import "\.\/runtime\.ts";|\/\/.*|\s)*$/.test(text));
  const helpers = chunks.filter(({ text }) => text.startsWith("var __defProp = ") && !/^import /m.test(text));
  const gone = [...empty, ...helpers].map(({ path }) => basename(path));
  return files
    .filter(({ path }) => !gone.includes(basename(path, ".map")))
    .map(({ path, text }) => ({
      path,
      text: gone.reduce(
        (rest, name) =>
          rest
            .replace(`import "./${name}";`, `import "./${FIRST}";`)
            .replace(`from "./${name}";`, `from "./${basename(FIRST, ".ts")}.js";`),
        isFirst(path) ? text.replace(MAP, (map) => helpers.map(withoutMap).join("") + map) : text,
      ),
    }));
}

/** Where a file says where its source map is. */
const MAP = /^\/\/# sourceMappingURL=.*\n?$/m;

const withoutMap = (/** @type {{ text: string }} */ { text }) => text.replace(MAP, "");

/** @param {string} path */
const rank = (path) => (basename(path) === "index.js" ? 1 : 0);

/** What tools read: where the source map is, and what bundlers may leave out. */
const FOR_TOOLS = /^[#@] ?(?:__\w+__$|sourceMappingURL=)/;

/**
 * Comments are for the reader of the sources, to which the source map leads. One letter in them that is not of ASCII, and V8 takes
 * a third longer to compile the file: it then has two bytes for each letter. Lines and columns stay where they are, for the map.
 *
 * @param {string} text
 */
function withoutComments(text) {
  let rest = "";
  let last = 0;
  parse(text, {
    ecmaVersion: "latest",
    sourceType: "module",
    onComment(_isBlock, comment, start, end) {
      if (FOR_TOOLS.test(comment.trim())) return;
      const lines = text.slice(start, end).split("\n");
      const width = text[end] === "\n" ? 0 : (lines.at(-1)?.length ?? 0);
      rest += text.slice(last, start) + "\n".repeat(lines.length - 1) + " ".repeat(width);
      last = end;
    },
  });
  return rest + text.slice(last);
}

/**
 * A class that refers to itself is given another name inside: "_Future", which is what errors and `util.inspect` would call it. A
 * blank in place of the underscore leaves the source map right.
 *
 * @param {string} text
 */
function withNames(text) {
  const names = [...text.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name);
  return names.length === 0
    ? text
    : text.replaceAll(new RegExp(`(?<![\\w$.#])_(${names.join("|")})\\b`, "g"), " $1");
}

/**
 * An import of one of Node's own modules evaluates all that it exports, which for `node:fs` is streams, promises and the readline
 * interface. So they are taken as they are. The lines stay where they are, for the source map.
 *
 * @param {string} text
 */
function withBuiltins(text) {
  return text.replaceAll(
    /^import (?:\* as (\w+)|\{([^}]*)\}) from ("node:[\w/]+");$/gm,
    (_, all, names, name) =>
      `const ${all ?? `{${names.replaceAll(" as ", ": ")}}`} = process.getBuiltinModule(${name});`,
  );
}

/**
 * Chunks would be evaluated before it.
 *
 * @param {string} text
 */
function withFirst(text) {
  const found = `import "./${FIRST}";`;
  return text.includes(found)
    ? `import "./${basename(FIRST, ".ts")}.js"; ${text.replaceAll(found, "")}`
    : text;
}

const [, program, folder, out] = process.argv;
if (import.meta.url === pathToFileURL(program ?? "").href && folder && out) await bundle(folder, out);
