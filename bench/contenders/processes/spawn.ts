/** A process of Node that does nothing, until its end is known: no result of a process can be there sooner that is told with its end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ProcessSubject } from "./subject.ts";

const script = fileURLToPath(new URL("./spawn-child.mjs", import.meta.url));

export function open(): ProcessSubject {
  return {
    first: () => once(spawn(process.execPath, [script], { stdio: "inherit" }), "exit"),
    close: async () => {},
  };
}
