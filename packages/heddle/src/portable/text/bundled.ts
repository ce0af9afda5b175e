/**
 * What esbuild puts around modules that a bundle runs when they are first needed.
 *
 * Such a wrapper assigns to what it captures, once. After that it only gives what it remembers, and that is how it
 * travels.
 *
 * @packageDocumentation
 */
import { analyseFunction, type FunctionText } from "./analyse.ts";
import type { Variables } from "../publish/inspect.ts";

/** `__esm`: runs `$1` unless it is 0, remembers the result as `$2`. */
const ES_MODULE = /([\w$]+)&&\(([\w$]+)=.*\(\1=0\)\),\2\b/;
/** `__commonJS`: gives the exports of `$1`, made at the first call. */
const COMMON_JS = /([\w$]+)\|\|.*\(\1=\{exports:\{\}\}\)\.exports,\1\),\1\.exports/;

/** If `text` is a wrapper whose module has run, a function that gives what it would give. */
export function finishedModule(text: FunctionText, scopes: readonly Variables[]): FunctionText | undefined {
  if (!text.obstacles.some(({ what }) => what === "assignment")) return undefined;
  const compact = text.text.replace(/\s+/g, "");
  const [, start, result] = ES_MODULE.exec(compact) ?? [];
  if (start !== undefined)
    return valueOf(start, scopes) === 0 ? analyseFunction(`() => ${result}`) : undefined;
  const [, module] = COMMON_JS.exec(compact) ?? [];
  if (module === undefined || typeof valueOf(module, scopes) !== "object") return undefined;
  return analyseFunction(`() => ${module}.exports`);
}

function valueOf(name: string, scopes: readonly Variables[]): unknown {
  return scopes.find((scope) => Object.hasOwn(scope, name))?.[name];
}
