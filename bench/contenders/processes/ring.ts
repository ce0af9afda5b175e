/** A ring of integers in a mapped file, on bare `Atomics` and `futex(2)` by koffi: how fast one process can send to another. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Ring, SIDE_BYTES } from "../queues/ring.ts";
import { futexWords } from "./futex-words.mjs";
import type { ProcessSubject } from "./subject.ts";

const script = fileURLToPath(new URL("./ring-child.ts", import.meta.url));

/** A power of two, for which there is room. */
export const RING_CAPACITY = 2048;

export function open(): ProcessSubject {
  const path = `/dev/shm/bench-ring-${process.pid}`;
  const { memory, sleep, remove } = futexWords(path, true, SIDE_BYTES);
  return {
    async haul(values) {
      const child = spawn(process.execPath, [script, path, String(values)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      const ring = new Ring(memory, RING_CAPACITY, sleep);
      const began = performance.now();
      for (let i = 0; i < values; i++) ring.send(1);
      const [sum] = (await once(child.stdout, "data")) as [Buffer];
      return { count: Number(sum), elapsedMs: performance.now() - began };
    },
    close: async () => remove(),
  };
}
