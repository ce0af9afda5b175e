/** `child_process.fork`, and its `send`. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ProcessSubject } from "./subject.ts";

const script = fileURLToPath(new URL("./fork-child.mjs", import.meta.url));

export function open(): ProcessSubject {
  const children: ChildProcess[] = [];
  const start = (): ChildProcess => {
    const child = fork(script);
    children.push(child);
    return child;
  };
  return {
    async haul(values) {
      const child = start();
      child.send("hello");
      await once(child, "message");
      const began = performance.now();
      for (let i = 0; i < values; i++) {
        // Else all of it piles up here.
        if (!child.send(1)) await new Promise(setImmediate);
      }
      child.send("sum");
      const [sum] = (await once(child, "message")) as [number];
      return { count: sum, elapsedMs: performance.now() - began };
    },
    async first() {
      const child = start();
      child.send("hello");
      await once(child, "message");
    },
    async close() {
      for (const child of children) child.kill();
    },
  };
}
