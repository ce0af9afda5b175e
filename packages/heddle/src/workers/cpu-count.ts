import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * How many threads can really run at once: the processors this process may use, held to the limit of its container.
 *
 * @returns At least 1. A container limit of 2.5 processors counts as 3: a fraction is still worth a thread.
 */
export function cpuCount(): number {
  return Math.max(1, Math.min(availableParallelism(), containerLimit()));
}

/** The limit of control group version 2, or 1; Infinity where there is none. */
function containerLimit(): number {
  const [quota, period] = read("/sys/fs/cgroup/cpu.max")?.split(" ") ?? [
    read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
    read("/sys/fs/cgroup/cpu/cpu.cfs_period_us"),
  ];
  const limit = Math.ceil(Number(quota) / Number(period));
  return limit > 0 ? limit : Infinity;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
