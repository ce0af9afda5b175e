/**
 * Refuses, before anything else is evaluated, to be run where the toolkit cannot work: one sentence in place of whatever would be
 * missing first. Whatever only newer releases of Node export is therefore read off a namespace: a missing name in an import would be
 * an error before this.
 *
 * @packageDocumentation
 */

/** The first release with all that the toolkit needs: its V8 has what the types promise. */
const OLDEST_NODE = 24;

/** What a runtime says of itself. */
export type Versions = Readonly<Record<string, string | undefined>>;

/** Why the toolkit cannot run there; `undefined` where it can. */
export function refusalOf({ node, bun, deno }: Versions): string | undefined {
  if (bun !== undefined) return refusal(`Bun ${bun}`);
  if (deno !== undefined) return refusal(`Deno ${deno}`);
  if (node === undefined) return refusal("a runtime that is not Node.js");
  return Number.parseInt(node, 10) < OLDEST_NODE ? refusal(`Node.js ${node}`) : undefined;
}

const refusal = (found: string): string =>
  `Cannot run heddle on ${found}: it needs Node.js ${OLDEST_NODE} or later`;

const message = refusalOf((globalThis.process as NodeJS.Process | undefined)?.versions ?? {});
if (message !== undefined) throw Object.assign(new Error(message), { code: "ERR_HEDDLE_RUNTIME" });
