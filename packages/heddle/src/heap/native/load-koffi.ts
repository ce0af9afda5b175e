/**
 * Loads koffi, which need not be installed.
 *
 * @packageDocumentation
 */
import { thisScript } from "./this-script.ts";

const BINARY = /[\\/]koffi\.node$/;

let binary: string | undefined;
let loaded: unknown;

/**
 * Loads it; throws what Node does when it is not there.
 *
 * Its own loader takes several times as long as the binary itself, which is all that is needed here, and `require` of that half as long again. So a
 * process that was told where it is by the one that has started it opens it there.
 */
export function loadKoffi(): unknown {
  return (loaded ??= opened() ?? required());
}

function opened(): unknown {
  if (binary === undefined) return undefined;
  try {
    const module = { exports: {} };
    process.dlopen(module, binary);
    return module.exports;
  } catch {
    // It has gone meanwhile.
    return undefined;
  }
}

function required(): unknown {
  const load = process.getBuiltinModule("node:module").createRequire(thisScript());
  const koffi: unknown = load("koffi");
  binary = Object.keys(load.cache).find((path) => BINARY.test(path));
  return koffi;
}

/** Where its binary is, once it was loaded: for processes that are started from here. */
export function koffiBinary(): string | undefined {
  return binary;
}

/**
 * Says where its binary is, before it is loaded.
 *
 * @param koffi - What another copy of this file has loaded from there, if there is one.
 */
export function knowKoffi(path: string | undefined, koffi?: unknown): void {
  binary = path;
  loaded ??= koffi;
}
