/**
 * Loads koffi, which need not be installed.
 *
 * @packageDocumentation
 */
import { thisScript } from "./this-script.ts";

const BINARY = /[\\/]koffi\.node$/;

let binary: string | undefined;

/**
 * Loads it; throws what Node does when it is not there.
 *
 * Its own loader takes several times as long as the binary itself, which is all that is needed here. So a process that was
 * told where that is by the one that has started it takes it from there.
 */
export function loadKoffi(): unknown {
  const load = process.getBuiltinModule("node:module").createRequire(thisScript());
  if (binary !== undefined) {
    try {
      return load(binary);
    } catch {
      // It has gone meanwhile.
    }
  }
  const koffi: unknown = load("koffi");
  binary = Object.keys(load.cache).find((path) => BINARY.test(path));
  return koffi;
}

/** Where its binary is, once it was loaded: for processes that are started from here. */
export function koffiBinary(): string | undefined {
  return binary;
}

/** Says where its binary is, before it is loaded. */
export function knowKoffi(path: string | undefined): void {
  binary = path;
}
