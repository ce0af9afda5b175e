/** Two words in a mapped file, and `futex(2)` by koffi: what two processes that block can do at best. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { futexWords } from "./futex-words.mjs";
import type { ProcessSubject } from "./subject.ts";

const script = fileURLToPath(new URL("./futex-child.mjs", import.meta.url));

export function open(): ProcessSubject {
  const path = `/dev/shm/bench-futex-${process.pid}`;
  const words = futexWords(path, true);
  return {
    async pingPong(rounds) {
      const child = spawn(process.execPath, [script, path, String(rounds)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      const time = (i: number): number => {
        const began = performance.now();
        words.set(0, i + 1);
        words.await(1, i + 1);
        return 1000 * (performance.now() - began);
      };
      time(0);
      const times = Array.from({ length: rounds }, (_, i) => time(i + 1));
      await once(child, "exit");
      return times;
    },
    close: async () => words.remove(),
  };
}
