/**
 * What the packages export, with its docstrings: read from the sources, following every `export … from`.
 *
 * The compiler's rule that exported things have their types written out (`isolatedDeclarations`) makes the text of a
 * declaration, up to its body, its signature.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageJson, publicPackages } from "../packages.ts";
import { root } from "../setup.mjs";
import { docstringOf, type Node, type Source, sourceOf } from "./syntax.ts";

/** One import path of a package, such as `heddle/sync`. */
export interface Entry {
  /** As it is imported. */
  readonly specifier: string;
  /** The docstring of its file. */
  readonly docstring: string | undefined;
  readonly exports: readonly Exported[];
}

/** Something that is exported. */
export interface Exported {
  readonly name: string;
  readonly declaration: Declaration;
}

/** Where and how something is declared. */
export interface Declaration {
  readonly kind: "class" | "function" | "interface" | "type" | "value" | "namespace";
  readonly source: Source;
  readonly line: number;
  /** As it stands in the source, without bodies; of a function, each overload. */
  readonly signatures: readonly string[];
  readonly docstring: string | undefined;
  /** Of a class, those of its bases among them that are not exported themselves; of an interface; of a namespace. */
  readonly members: readonly Member[];
}

/** A public member of a class, an interface or a namespace. */
export interface Member {
  readonly name: string;
  readonly isStatic: boolean;
  readonly line: number;
  readonly source: Source;
  readonly signatures: readonly string[];
  /** Its own, or what the interfaces and classes say that it comes from. */
  readonly docstring: string | undefined;
}

/** Each import path of each published package. */
export function entriesOf(folder: string = root): Entry[] {
  return publicPackages(folder).flatMap((name) => {
    const { name: packageName, exports = {} } = packageJson(name, folder);
    return Object.entries(exports).flatMap(([path, conditions]): Entry[] => {
      if (typeof conditions === "string") return [];
      const source = conditions["@heddle/source"] ?? "";
      const file = join(
        folder,
        "packages",
        name,
        typeof source === "string" ? source : (source["types"] ?? ""),
      );
      if (!file.endsWith(".ts") || !existsSync(file)) return [];
      const exports = [...namesOf(file)].map(([name, declaration]) => ({ name, declaration }));
      return [
        {
          specifier: join(packageName, path).replaceAll("\\", "/"),
          docstring: fileDocstring(sourceOf(file)),
          exports: exports.toSorted((one, other) => one.name.localeCompare(other.name, "en")),
        },
      ];
    });
  });
}

const namesOfFiles = new Map<string, Map<string, Declaration>>();

/** All that a file exports, by name. */
function namesOf(file: string): Map<string, Declaration> {
  const found = namesOfFiles.get(file);
  if (found !== undefined) return found;
  const names = new Map<string, Declaration>();
  namesOfFiles.set(file, names);
  const source = sourceOf(file);
  for (const statement of source.body) {
    if (statement.type === "ExportAllDeclaration") {
      const from = namesOf(fileOf(source, statement["source"] as Node));
      const name = statement["exported"] as Node | null;
      if (name === null) for (const [key, declaration] of from) names.set(key, declaration);
      else names.set(wordOf(name), namespaceOf(source, statement, from));
    }
    if (statement.type !== "ExportNamedDeclaration") continue;
    const from = statement["source"] as Node | null;
    for (const specifier of statement["specifiers"] as Node[]) {
      const local = wordOf(specifier["local"] as Node);
      const declaration = from === null ? find(source, local) : namesOf(fileOf(source, from)).get(local);
      if (declaration === undefined) throw new Error(`Cannot find ${local}, which ${file} exports`);
      names.set(wordOf(specifier["exported"] as Node), declaration);
    }
    for (const name of declaredNames(statement["declaration"] as Node | null))
      names.set(name, describe(source, name)!);
  }
  return names;
}

/** What a name stands for in a file: what it declares, or what it imports. */
function find(source: Source, name: string): Declaration | undefined {
  const own = describe(source, name);
  if (own !== undefined) return own;
  for (const statement of source.body) {
    if (statement.type !== "ImportDeclaration") continue;
    for (const specifier of statement["specifiers"] as Node[]) {
      if (wordOf(specifier["local"] as Node) !== name) continue;
      const from = fileOf(source, statement["source"] as Node);
      if (from === "") return undefined;
      return namesOf(from).get(wordOf((specifier["imported"] ?? specifier["local"]) as Node));
    }
  }
  return undefined;
}

/** The file that an import leads to; "" if it leads out of the packages. */
function fileOf(source: Source, specifier: Node): string {
  const path = String(specifier["value"]);
  if (path === "#heap") return join(/^.*?\/src(?=\/)/.exec(source.file)![0], "heap/index.ts");
  return path.startsWith(".") ? join(dirname(source.file), path) : "";
}

function declaredNames(declaration: Node | null): string[] {
  if (declaration === null) return [];
  if (declaration.type === "VariableDeclaration")
    return (declaration["declarations"] as Node[]).map(({ id }) => wordOf(id as Node));
  return [wordOf(declaration["id"] as Node)];
}

/** The statement that a declaration is part of, `export` included, and the declaration. */
function statementsOf({ body }: Source, name: string): { statement: Node; declaration: Node }[] {
  return body.flatMap((statement) => {
    const declaration = (
      statement.type === "ExportNamedDeclaration" ? statement["declaration"] : statement
    ) as Node | null;
    const isDeclaration = declaration !== null && /Declaration$|^TSDeclareFunction$/.test(declaration.type);
    if (!isDeclaration || /^(Import|Export)/.test(declaration.type)) return [];
    return declaredNames(declaration).includes(name) ? [{ statement, declaration }] : [];
  });
}

const KINDS: Readonly<Record<string, Declaration["kind"]>> = {
  ClassDeclaration: "class",
  FunctionDeclaration: "function",
  TSDeclareFunction: "function",
  TSInterfaceDeclaration: "interface",
  TSTypeAliasDeclaration: "type",
};

function describe(source: Source, name: string): Declaration | undefined {
  const found = statementsOf(source, name);
  const first = found[0];
  if (first === undefined) return undefined;
  const isOverloaded = found.some(({ declaration }) => declaration.type === "TSDeclareFunction");
  const shown = isOverloaded
    ? found.filter(({ declaration }) => declaration.type === "TSDeclareFunction")
    : found;
  return {
    kind: KINDS[first.declaration.type] ?? "value",
    source,
    line: lineOf(source, first.declaration),
    signatures: shown.map(({ declaration }) => signatureOf(source, declaration)),
    docstring: found
      .map(({ statement }) => docstringOf(source, statement))
      .find((text) => text !== undefined),
    members: membersOf(source, first.declaration),
  };
}

function signatureOf(source: Source, declaration: Node): string {
  const { text } = source;
  const body = declaration["body"] as Node | null | undefined;
  if (declaration.type === "ClassDeclaration" || declaration.type === "FunctionDeclaration")
    return text.slice(declaration.start, body?.start ?? declaration.end).trim();
  if (declaration.type === "TSInterfaceDeclaration") return text.slice(declaration.start, body!.start).trim();
  if (declaration.type === "VariableDeclaration") {
    const { id } = (declaration["declarations"] as Node[])[0]!;
    return `const ${text.slice((id as Node).start, (id as Node).end)}`;
  }
  return text.slice(declaration.start, declaration.end).replace(/;$/, "");
}

function membersOf(source: Source, declaration: Node): Member[] {
  if (declaration.type === "TSInterfaceDeclaration") {
    const bases = basesOf(source, declaration["extends"]);
    const own = ((declaration["body"] as Node)["body"] as Node[]).map((node) =>
      memberOf(source, node, bases),
    );
    const names = own.map(({ name }) => name);
    const inherited = bases.flatMap(({ members }) => members);
    return [...own, ...inherited.filter(({ name }) => !names.includes(name))];
  }
  if (declaration.type !== "ClassDeclaration") return [];
  const bases = [
    ...named(source, [declaration["superClass"] as Node | null]),
    ...basesOf(source, declaration["implements"]),
  ];
  const own = new Map<string, Member>();
  for (const node of (declaration["body"] as Node)["body"] as Node[]) {
    if (!isPublic(node)) continue;
    const member = memberOf(source, node, bases);
    const key = `${member.isStatic ? "static " : ""}${member.name}`;
    const other = own.get(key);
    own.set(
      key,
      other === undefined
        ? member
        : {
            ...other,
            signatures: isImplementation(node)
              ? other.signatures
              : [...other.signatures, ...member.signatures],
            docstring: other.docstring ?? member.docstring,
          },
    );
  }
  const base = bases.find(({ kind }) => kind === "class");
  const inherited = base === undefined ? [] : base.members;
  return [
    ...own.values(),
    ...inherited.filter(({ name, isStatic }) => !isStatic && name !== "constructor" && !own.has(name)),
  ];
}

/** The declarations that a clause `extends` or `implements` names, of those in the packages. */
function basesOf(source: Source, clause: unknown): Declaration[] {
  return named(
    source,
    ((clause ?? []) as Node[]).map(({ expression }) => expression as Node),
  );
}

function named(source: Source, names: readonly (Node | null)[]): Declaration[] {
  return names.flatMap((name) => (name?.type === "Identifier" ? (find(source, wordOf(name)) ?? []) : []));
}

/** The body of what has overloads: another method of the same name stood before it. */
function isImplementation(node: Node): boolean {
  return node.type === "MethodDefinition" && node["kind"] !== "set" && hasBody(node);
}

function hasBody(node: Node): boolean {
  return (node["value"] as Node | null)?.["body"] !== null;
}

function isPublic(node: Node): boolean {
  if (node.type === "StaticBlock") return false;
  const key = node["key"] as Node | undefined;
  return key === undefined || (key.type !== "PrivateIdentifier" && !node["accessibility"]);
}

function memberOf(source: Source, node: Node, bases: readonly Declaration[]): Member {
  const { text } = source;
  const key = node["key"] as Node | undefined;
  const name = key === undefined ? "(index)" : text.slice(key.start, key.end);
  const inherited = bases.flatMap(({ members }) => members).find((member) => member.name === name)?.docstring;
  return {
    name: key !== undefined && node["computed"] === true ? `[${name}]` : name,
    isStatic: node["static"] === true,
    line: lineOf(source, node),
    source,
    signatures: [memberSignature(source, node)],
    docstring: docstringOf(source, node) ?? inherited,
  };
}

function memberSignature({ text }: Source, node: Node): string {
  const value = node["value"] as Node | null | undefined;
  const body = value?.["body"] as Node | null | undefined;
  const annotation = node["typeAnnotation"] as Node | null | undefined;
  let end = node.end;
  if (node.type === "MethodDefinition" && body) end = body.start;
  if (node.type === "PropertyDefinition" && value) end = annotation?.end ?? node.end;
  return text
    .slice(node.start, end)
    .trim()
    .replace(/[;,]$/, "")
    .replace(/^(override |async )+/, "");
}

function namespaceOf(source: Source, statement: Node, from: ReadonlyMap<string, Declaration>): Declaration {
  const members = [...from].map(([name, { signatures, docstring, line, source }]): Member => {
    return { name, isStatic: false, line, source, signatures, docstring };
  });
  return {
    kind: "namespace",
    source,
    line: lineOf(source, statement),
    signatures: [],
    docstring:
      docstringOf(source, statement) ?? fileDocstring(sourceOf(fileOf(source, statement["source"] as Node))),
    members,
  };
}

/** The docstring with which a file begins: what can be imported has one. */
function fileDocstring(source: Source): string | undefined {
  const [text] = source.docstrings.values();
  return text;
}

function wordOf(node: Node): string {
  return String(node["name"] ?? node["value"]);
}

function lineOf({ text }: Source, node: Node): number {
  return text.slice(0, node.start).split("\n").length;
}
