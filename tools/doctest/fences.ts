/**
 * Finds the TypeScript code fences in Markdown and in docstrings.
 *
 * A fence counts when its info string is `ts`, or `ts no-run` for code that is only type-checked.
 */

/** One code fence, as it stands in its document. */
export interface Fence {
  /** The document, as it was given. */
  readonly file: string;
  /** Where its code begins in the document, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** Whether the code is run, not only type-checked. */
  readonly runs: boolean;
}

/** All fences of a document: Markdown if its name ends in `.md`, else the docstrings of a TypeScript file. */
export function fencesIn(file: string, text: string): Fence[] {
  const lines = text.split(/\r?\n/);
  if (file.endsWith(".md")) return markdownFences(file, lines, 1);
  return docstrings(lines).flatMap(({ lines: comment, line }) => markdownFences(file, comment, line));
}

function markdownFences(file: string, lines: readonly string[], firstLine: number): Fence[] {
  const fences: Fence[] = [];
  let open: { marks: string; indent: number; info: string; start: number } | undefined;
  lines.forEach((text, index) => {
    const [, indent = "", marks = "", info = ""] = /^(\s*)(`{3,}|~{3,})\s*([^`]*)$/.exec(text) ?? [];
    if (open === undefined) {
      if (marks !== "") open = { marks, indent: indent.length, info: info.trim(), start: index + 1 };
    } else if (marks.startsWith(open.marks) && info === "") {
      const { start, indent: width } = open;
      const runs = runsOrNot(open.info, `${file}:${firstLine + start - 1}`);
      const code = lines
        .slice(start, index)
        .map((line) => (line.slice(0, width).trim() === "" ? line.slice(width) : line));
      if (runs !== undefined) fences.push({ file, line: firstLine + start, code: code.join("\n"), runs });
      open = undefined;
    }
  });
  if (open !== undefined)
    throw new SyntaxError(`Cannot read ${file}: the fence in line ${firstLine + open.start - 1} has no end`);
  return fences;
}

/** Undefined for a fence in another language. */
function runsOrNot(info: string, place: string): boolean | undefined {
  const [language, ...words] = info.split(/\s+/);
  if (language === "typescript")
    throw new SyntaxError(`Cannot read the fence at ${place}: write "ts", not "typescript"`);
  if (language !== "ts") return undefined;
  if (words.length === 0) return true;
  if (words.join(" ") === "no-run") return false;
  throw new SyntaxError(
    `Cannot read the fence at ${place}: after "ts" comes "no-run" or nothing, not "${words.join(" ")}"`,
  );
}

/** The text of each `/** ... *\/` comment of more than one line, without its stars; `line` is the line of its first one. */
function docstrings(lines: readonly string[]): { lines: string[]; line: number }[] {
  const found: { lines: string[]; line: number }[] = [];
  let inside = false;
  lines.forEach((text, index) => {
    if (!inside && /^\s*\/\*\*/.test(text)) {
      inside = true;
      found.push({ lines: [], line: index + 1 });
    }
    if (inside) found.at(-1)?.lines.push(text.replace(/^\s*(\/\*\*|\* ?)/, ""));
    if (text.includes("*/")) inside = false;
  });
  return found;
}
