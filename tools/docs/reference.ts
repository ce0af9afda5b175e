/** The reference: a page in Markdown for each import path of the packages, made of the docstrings. */
import { relative } from "node:path";
import { root } from "../setup.mjs";
import { type Declaration, entriesOf, type Entry, type Exported, type Member } from "./surface.ts";

/** A page of the reference. */
export interface ReferencePage {
  /** Its file name. */
  readonly name: string;
  readonly title: string;
  readonly content: string;
}

/** All pages, in the order of the packages. */
export function referencePages(): ReferencePage[] {
  const entries = entriesOf();
  const homes = homesOf(entries);
  return entries.map((entry) => ({
    name: pageOf(entry),
    title: entry.specifier,
    content: contentOf(entry, homes),
  }));
}

/** Where something is described in full, and under which name. */
interface Home {
  readonly entry: Entry;
  readonly name: string;
}

/** What the main entry of a package only hands on is described where it comes from. */
function homesOf(entries: readonly Entry[]): Map<Declaration, Home> {
  const homes = new Map<Declaration, Home>();
  for (const entry of entries.toSorted((one, other) => depth(other) - depth(one)))
    for (const { name, declaration } of entry.exports)
      if (!homes.has(declaration)) homes.set(declaration, { entry, name });
  return homes;
}

function depth({ specifier }: Entry): number {
  return specifier.replace(/^@[^/]*\//, "").split("/").length;
}

function packageOf({ specifier }: Entry): string | undefined {
  return /^(@[^/]*\/)?[^/]*/.exec(specifier)?.[0];
}

function pageOf({ specifier }: Entry): string {
  return specifier.replace(/^@/, "").replaceAll("/", "-");
}

function contentOf(entry: Entry, homes: ReadonlyMap<Declaration, Home>): string {
  const linkTo = linksOf(entry, homes);
  const own = entry.exports.filter(({ declaration }) => homes.get(declaration)?.entry === entry);
  const others = entry.exports.filter((exported) => !own.includes(exported));
  const parts = [`# ${entry.specifier}`, prose(entry.docstring ?? "", linkTo)];
  if (others.length > 0) {
    const rows = others.map(({ name, declaration }) => {
      const { entry: home } = homes.get(declaration)!;
      return `| ${linkTo(name) ?? `\`${name}\``} | \`${home.specifier}\` | ${summaryOf(declaration, linkTo)} |`;
    });
    parts.push("| name | from | what it is |\n| --- | --- | --- |", rows.join("\n"));
  }
  parts.push(...own.map((exported) => section(exported, linkTo)));
  return `${parts.join("\n\n").replace("| --- |\n\n|", "| --- |\n|")}\n`;
}

/** Gives a link to what has a name, where there is a page of it. */
type LinkTo = (name: string, text?: string) => string | undefined;

function linksOf(entry: Entry, homes: ReadonlyMap<Declaration, Home>): LinkTo {
  const isOwn = (home: Home): boolean => packageOf(home.entry) === packageOf(entry);
  const targets = new Map<string, string>();
  for (const home of [...homes.values()].toSorted((one, other) => Number(isOwn(one)) - Number(isOwn(other))))
    targets.set(home.name, `./${pageOf(home.entry)}.md#${home.name}`);
  return (name, text = `\`${name}\``) => {
    const target = targets.get(name.split(".")[0] ?? "");
    return target === undefined ? undefined : `[${text}](${target})`;
  };
}

function summaryOf({ docstring = "" }: Declaration, linkTo: LinkTo): string {
  const [first = ""] = prose(docstring, linkTo).split(/\n\n/);
  return first.replaceAll("\n", " ").replaceAll("|", "\\|");
}

function section({ name, declaration }: Exported, linkTo: LinkTo): string {
  const { kind, docstring, members, signatures, source, line } = declaration;
  const place = `${relative(root, source.file).replaceAll("\\", "/")}:${line}`;
  const shown = kind === "interface" ? [wholeInterface(declaration)] : signatures;
  const parts = [
    `## ${name} {#${name}}`,
    ...(shown.length === 0 ? [] : [fence(shown.join("\n"))]),
    prose(docstring ?? "", linkTo),
    `_${kind}, ${place}_`,
  ];
  if (kind === "class" || kind === "namespace")
    for (const member of members) parts.push(memberSection(name, member, linkTo));
  return parts.filter((part) => part !== "").join("\n\n");
}

/** An interface reads best as it stands in the source, comments included. */
function wholeInterface({ signatures, members }: Declaration): string {
  const lines = members.flatMap(({ docstring, signatures: [signature = ""] }) => [
    ...(docstring === undefined ? [] : [comment(docstring)]),
    `  ${signature};`,
  ]);
  return [`${signatures[0] ?? ""} {`, ...lines, "}"].join("\n");
}

function comment(docstring: string): string {
  const lines = docstring.replaceAll(LINK, (_, name: string, text?: string) => text ?? name).split("\n");
  if (lines.length === 1) return `  /** ${lines[0]} */`;
  return ["  /**", ...lines.map((line) => `   * ${line}`.trimEnd()), "   */"].join("\n");
}

function memberSection(owner: string, member: Member, linkTo: LinkTo): string {
  const { name, isStatic, signatures, docstring } = member;
  const title = `${isStatic ? "static " : ""}${name}`;
  const anchor = `${owner}.${name.replaceAll(/[^\w.]/g, "")}`;
  return [
    `### ${title.replaceAll(/[[\]]/g, "\\$&")} {#${anchor}}`,
    fence(signatures.join("\n")),
    prose(docstring ?? "", linkTo),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function fence(code: string): string {
  return `\`\`\`ts\n${code}\n\`\`\``;
}

/** A link to something that has a name, with or without a text. */
const LINK = /\{@link ([\w.]+)(?:\s*\|\s*([^}]*?)\s*)?\}/g;

const TITLES: Readonly<Record<string, string>> = {
  param: "Parameters",
  typeParam: "Type parameters",
  returns: "Gives",
  throws: "Throws",
  see: "See",
  deprecated: "Deprecated",
};

/** A docstring as Markdown: its tags become lists, its links lead to the reference. */
function prose(docstring: string, linkTo: LinkTo): string {
  const groups = new Map<string, string[]>();
  const free: string[] = [];
  for (const { tag, text } of blocksOf(docstring)) {
    if (tag === "packageDocumentation") continue;
    if (TITLES[tag] === undefined) free.push(text);
    else groups.set(tag, [...(groups.get(tag) ?? []), text.replace(/^(\w+) - /, "`$1`: ")]);
  }
  const lists = [...groups].map(
    ([tag, texts]) =>
      `**${TITLES[tag] ?? tag}**\n\n${texts.map((text) => `- ${text.trim().replaceAll("\n", "\n  ")}`).join("\n")}`,
  );
  return [...free, ...lists]
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .join("\n\n")
    .replaceAll(LINK, (_, name: string, text?: string) => linkTo(name, text) ?? text ?? `\`${name}\``);
}

/** The parts of a docstring that begin with a tag; the first with none. Fences may hold what looks like one. */
function blocksOf(docstring: string): { tag: string; text: string }[] {
  const blocks = [{ tag: "", text: "" }];
  let isCode = false;
  for (const line of docstring.split("\n")) {
    if (/^\s*```/.test(line)) isCode = !isCode;
    const [, tag, rest = ""] = (isCode ? undefined : /^@(\w+)\s*(.*)$/.exec(line)) ?? [];
    if (tag === undefined) blocks.at(-1)!.text += `${line}\n`;
    else blocks.push({ tag, text: `${rest}\n` });
  }
  return blocks;
}
