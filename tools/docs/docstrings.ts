/** The check of the docstrings: whatever the packages export has one, and so have the public members of its classes. */
import { relative } from "node:path";
import { root } from "../setup.mjs";
import { type Declaration, entriesOf, type Member } from "./surface.ts";

/** What is wrong in a folder that is laid out as the repository is; one line each. */
export function docstringFaults(folder: string = root): string[] {
  const seen = new Set<Declaration>();
  const faults = new Set<string>();
  for (const { specifier, exports } of entriesOf(folder)) {
    for (const { name, declaration } of exports) {
      if (seen.has(declaration)) continue;
      seen.add(declaration);
      if (declaration.docstring === undefined)
        faults.add(`${placeOf(folder, declaration)}: ${name} of ${specifier} has no docstring`);
      if (declaration.kind !== "class" && declaration.kind !== "namespace") continue;
      for (const member of declaration.members) {
        if (member.docstring === undefined && !speaksForItself(member))
          faults.add(`${placeOf(folder, member)}: ${name}.${member.name} of ${specifier} has no docstring`);
      }
    }
  }
  return [...faults];
}

function placeOf(folder: string, { source, line }: Pick<Declaration, "source" | "line">): string {
  return `${relative(folder, source.file).replaceAll("\\", "/")}:${line}`;
}

/** What the language says of it is all there is: a constructor, a well-known symbol, the name and code of an error. */
function speaksForItself({ name }: Member): boolean {
  return name.startsWith("[Symbol.") || ["constructor", "name", "code"].includes(name);
}
