/** Takes the types out of TypeScript, as Node does when it runs it: every position stays what it was. */
import * as nodeModule from "node:module";
import { quietly } from "../named/quietly.ts";

/**
 * The JavaScript in a TypeScript source. Of syntax that types are not simply taken out of (enums, parameter
 * properties, JSX) only what is imported and exported: such a file was run by another loader, so nothing else in it is
 * where it was.
 */
export function stripTypes(source: string): string {
  return quietly(() => {
    try {
      return nodeModule.stripTypeScriptTypes(source);
    } catch {
      return outlineOf(source);
    }
  });
}

const IMPORT = /^import\s+(?!type\b)([^;'"]+?)\s*from\s*(["'][^"'\n]+["'])(\s*with\s*\{[^}]*\})?/gm;
const TYPE_IMPORT = /\btype\s+[\w$]+(?:\s+as\s+[\w$]+)?\s*,?/g;
const EXPORT =
  /^export\s+(default\s+)?(?:async\s+|abstract\s+)*(?:function\s*\*?|class|const|let|var|enum)\s+([\w$]+)/gm;

/** The imports of a module, and declarations of the names that it exports. */
function outlineOf(source: string): string {
  const imports = Array.from(source.matchAll(IMPORT), ([, names, specifier, attributes]) => {
    return `import ${names!.replace(TYPE_IMPORT, "")} from ${specifier}${attributes ?? ""};`;
  });
  const exports = Array.from(source.matchAll(EXPORT), ([, isDefault, name]) => {
    return isDefault ? `let ${name}; export { ${name} as default };` : `export let ${name};`;
  });
  return [...imports, ...exports].join("\n");
}
