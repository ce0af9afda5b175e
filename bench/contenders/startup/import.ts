/** A program that imports a library, or nothing. */
import { spawnSync } from "node:child_process";
import type { OpenOptions } from "../pool.ts";

export interface ImportSubject {
  run(): { readonly elapsedMs: number; readonly cpuMs: number };
}

/** Prints what the processor did for the program. */
const PRINT = "const { user, system } = process.cpuUsage(); console.log(user + system);";

export function open({ settings }: Pick<OpenOptions, "settings">): ImportSubject {
  const library = settings["library"];
  const program = `${library === undefined ? "" : `import "${library}";`}${PRINT}`;
  return {
    run() {
      const start = performance.now();
      const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
        cwd: import.meta.dirname,
        encoding: "utf8",
      });
      const elapsedMs = performance.now() - start;
      if (!/^\d+\n$/.test(stdout)) throw new Error(`Cannot import ${library}: ${stderr}`);
      return { elapsedMs, cpuMs: Number(stdout) / 1000 };
    },
  };
}
