import { mainRealm } from "./realm.ts";

/** Runs `body` without Node's warning that something it uses may change: that is our business, not the user's. */
export function quietly<T>(body: () => T): T {
  // Under jest this module's own `process` is a copy.
  const realProcess = mainRealm()["process"] as NodeJS.Process;
  const emitWarning = Object.getOwnPropertyDescriptor(realProcess, "emitWarning")!;
  realProcess.emitWarning = (...warning: unknown[]) => {
    if (!warning.includes("ExperimentalWarning"))
      Reflect.apply(emitWarning.value as Function, realProcess, warning);
  };
  try {
    return body();
  } finally {
    Object.defineProperty(realProcess, "emitWarning", emitWarning);
  }
}
