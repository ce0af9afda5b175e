/**
 * The check of `docs/troubleshooting.md`: it has an entry for every error code of the packages, and for no other; and every
 * class of errors with a code has `help`, which leads to its entry.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Node, nodesIn, sourceOf } from "./syntax.ts";

const PAGE = "docs/troubleshooting.md";
const CODE = /ERR_HEDDLE_[A-Z]+(?:_[A-Z]+)*/g;

/** What is wrong in a folder that is laid out as the repository is; one line each. */
export function codeFaults(folder: string): string[] {
  const codes = new Map<string, string>();
  const faults: string[] = [];
  for (const file of sourceFiles(folder)) {
    for (const node of nodesIn(sourceOf(join(folder, file)).body)) {
      if (node.type === "Literal" && typeof node["value"] === "string")
        for (const [code] of node["value"].matchAll(CODE)) codes.set(code, file);
      if (lacksHelp(node))
        faults.push(`${file}: ${nameOf(node)} has a code, and no help that leads to its entry`);
    }
  }
  const headings = readFileSync(join(folder, PAGE), "utf8").matchAll(/^## (ERR_HEDDLE_\w+)$/gm);
  const entries = [...headings].map(([, code = ""]) => code);
  for (const [code, file] of codes)
    if (!entries.includes(code)) faults.push(`${PAGE} has no entry "## ${code}", which ${file} can raise`);
  for (const code of entries) if (!codes.has(code)) faults.push(`${PAGE}: nothing raises ${code}`);
  const unsorted = entries.find((code, index) => index > 0 && code <= (entries[index - 1] ?? ""));
  if (unsorted !== undefined) faults.push(`${PAGE}: ${unsorted} is out of its order, or there twice`);
  return faults;
}

function sourceFiles(folder: string): string[] {
  const exclude = ["**/*.test.ts", "**/fixtures/**", "**/dist/**", "**/.cache/**"];
  return globSync("packages/*/src/**/*.ts", { cwd: folder, exclude }).toSorted();
}

/** Whether it is a class with a `code` of its own that is fixed, and no `help`. The command prints its errors in one line. */
function lacksHelp(node: Node): boolean {
  if (node.type !== "ClassDeclaration") return false;
  const fields = ((node["body"] as Node)["body"] as Node[]).filter(
    ({ type }) => type === "PropertyDefinition",
  );
  const code = fields.find((field) => nameOf(field) === "code");
  const value = (code?.["value"] as Node | null | undefined)?.["value"];
  return String(value).startsWith("ERR_HEDDLE_") && !fields.some((field) => nameOf(field) === "help");
}

function nameOf(node: Node): string {
  return String(((node["key"] ?? node["id"]) as Node | null)?.["name"]);
}
