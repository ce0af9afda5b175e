/**
 * What Heddle itself declares to be in every thread. Every part of the toolkit does so when it is imported: what is done with names is in
 * `names.ts`, which is not.
 *
 * @packageDocumentation
 */

/** A path of strings: `["", "Math", "max"]`, `["node:fs", "readFileSync"]`, `["heddle", "TimeoutError"]`. */
export type Name = readonly string[];

/** What the names begin with that Heddle declares. */
export const HEDDLE = "heddle";

const declared = new Map<string, object>();
const declaredNames = new WeakMap<object, Name>();

/**
 * Declares that every thread has `thing` under `name`, so that it travels by name even when its code was bundled
 * into the program.
 */
export function declareEverywhere(name: string, thing: object): void {
  declared.set(name, thing);
  declaredNames.set(thing, [HEDDLE, name]);
}

/** The name that Heddle itself declared for `thing`. */
export function declaredName(thing: object): Name | undefined {
  return declaredNames.get(thing);
}

/** What was declared, by the names without {@link HEDDLE}. */
export function declaredThings(): Record<string, object> {
  return Object.fromEntries(declared);
}
