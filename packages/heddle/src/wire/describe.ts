/**
 * What a value is, in a word or two, for people.
 *
 * @packageDocumentation
 */

/** The name of an object's class, "function name", or the type. Runs no code of the value's but getters named `constructor`. */
export function describe(value: unknown): string {
  if (typeof value === "function") return value.name === "" ? "function" : `function ${value.name}`;
  if (typeof value === "symbol") return String(value);
  if (typeof value !== "object" || value === null) return typeof value;
  try {
    const name: unknown = (value.constructor as Function | undefined)?.name;
    if (typeof name === "string" && name !== "" && name !== "Object") return name;
  } catch {
    // A getter or a Proxy's handler failed; the tag below is what is left.
  }
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** The same with its article. */
export function describeOne(value: unknown): string {
  const name = describe(value);
  return `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}`;
}
