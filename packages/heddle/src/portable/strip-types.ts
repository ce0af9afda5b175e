/** Takes the types out of TypeScript, as Node does when it runs it: every position stays what it was. */
import { stripTypeScriptTypes } from "node:module";
import { quietly } from "./quietly.ts";

/**
 * The JavaScript in a TypeScript source; `undefined` if it cannot be had.
 *
 * Syntax that makes code (enums, parameter properties) is transformed: such a file was run by another loader, so its
 * positions mean nothing in any case.
 */
export function stripTypes(source: string): string | undefined {
  return quietly(() => attempt(source, "strip") ?? attempt(source, "transform"));
}

function attempt(source: string, mode: "strip" | "transform"): string | undefined {
  try {
    return stripTypeScriptTypes(source, { mode });
  } catch {
    return undefined;
  }
}
