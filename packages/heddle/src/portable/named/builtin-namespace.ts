/**
 * Built-in modules as an import gives them.
 *
 * @packageDocumentation
 */

/** What importing a built-in module gives, without waiting. */
export function builtinNamespace(specifier: string): object {
  const exports = process.getBuiltinModule(specifier) as object;
  const members = Object.entries(Object.getOwnPropertyDescriptors(exports)).filter(
    ([, { enumerable }]) => enumerable,
  );
  return Object.defineProperties(
    { __proto__: null },
    { ...Object.fromEntries(members), default: { value: exports } },
  );
}
