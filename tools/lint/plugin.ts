/** The repository's own lint rules, as an oxlint plugin. They are switched on in `.oxlintrc.json`. */
import { relative, sep } from "node:path";
import { importFault } from "./layers.ts";

/** The little that these rules use of the syntax tree (ESTree with TypeScript). */
interface Node {
  readonly type: string;
  readonly name?: string;
  readonly kind?: string;
  readonly value?: unknown;
  readonly accessibility?: string | null;
  readonly source?: Node | null;
  readonly callee?: Node;
  readonly arguments?: readonly Node[];
  readonly parent?: Node;
}

/** What oxlint hands to a rule for one file. */
interface Context {
  readonly filename: string;
  readonly cwd: string;
  report(finding: { node: Node; message: string }): void;
}

/** Which node types a rule looks at, and what it does there. */
type Visitor = Readonly<Record<string, (node: Node) => void>>;

/** See `layers.ts`. `new URL("./file.ts", import.meta.url)` counts as an import: it is how worker files are named. */
const layers = {
  create(context: Context): Visitor {
    const file = relative(context.cwd, context.filename).split(sep).join("/");
    const check = (source: Node | null | undefined): void => {
      if (typeof source?.value !== "string") return;
      const message = importFault(file, source.value);
      if (message !== undefined) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source),
      NewExpression: ({ callee, arguments: [specifier, base] = [] }) => {
        const isFile =
          callee?.name === "URL" &&
          base?.type === "MemberExpression" &&
          String(specifier?.value).startsWith(".");
        if (isFile) check(specifier);
      },
    };
  },
};

/** All access to shared words goes through the heap, so that another heap can take its place. */
const atomics = {
  create(context: Context): Visitor {
    const message = "Only the heap names Atomics: go through #heap";
    return {
      Identifier: (node) => node.name === "Atomics" && context.report({ node, message }),
      Literal: (node) => {
        // In a list of names it is only a word.
        if (node.value === "Atomics" && node.parent?.type !== "ArrayExpression")
          context.report({ node, message });
      },
    };
  },
};

/** Private to the language, not only to the compiler. A constructor has no `#` form. */
const hashPrivate = {
  create(context: Context): Visitor {
    const check = (node: Node): void => {
      if (node.kind === "constructor" || !node.accessibility) return;
      context.report({ node, message: `Write #name for what is private, and nothing for what is public` });
    };
    return { PropertyDefinition: check, MethodDefinition: check };
  },
};

export default { meta: { name: "heddle" }, rules: { layers, atomics, "hash-private": hashPrivate } };
