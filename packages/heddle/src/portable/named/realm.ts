/** The global object of the thread itself, also when this code runs in a vm context as under jest. */

let main: Record<string, unknown> | undefined;

/** `globalThis` of the realm that Node's own modules live in. */
export function mainRealm(): Record<string, unknown> {
  // A function of Node's own is of that realm, and so is the `Function` that made it.
  main ??= process.getBuiltinModule("node:util").inspect.constructor("return globalThis")() as Record<
    string,
    unknown
  >;
  return main;
}
