import { readFileSync } from "node:fs";

/**
 * How many threads can really run at once: the processors this process may use, held to the limits of its control groups, such as that of
 * its container.
 *
 * @returns At least 1. A limit of 2.5 processors counts as 2, as Node itself has it.
 */
export function cpuCount(): number {
  const { availableParallelism } = process.getBuiltinModule("node:os");
  return Math.max(1, Math.floor(Math.min(availableParallelism(), ...groupLimits())));
}

/** In processors, of each group that this process is in: those are nested, and each may have a limit. */
function* groupLimits(): Iterable<number> {
  const entries = read("/proc/self/cgroup")?.split("\n") ?? ["0::/", "1:cpu:/"];
  for (const entry of entries) {
    const [number, controllers = "", ...path] = entry.split(":");
    const isUnified = number === "0" && controllers === "";
    if (!isUnified && !controllers.split(",").includes("cpu")) continue;
    // The group may have another path in a container. The mount itself stands for the container's own.
    for (let group = path.join(":").replace(/\/$/, ""); ; group = group.slice(0, group.lastIndexOf("/"))) {
      yield isUnified ? unifiedLimit(`/sys/fs/cgroup${group}`) : quotaLimit(`/sys/fs/cgroup/cpu${group}`);
      if (group === "") break;
    }
  }
}

/** Version 2 of control groups. */
function unifiedLimit(group: string): number {
  return processors(...(read(`${group}/cpu.max`)?.split(" ") ?? []));
}

/** Version 1. */
function quotaLimit(group: string): number {
  return processors(read(`${group}/cpu.cfs_quota_us`), read(`${group}/cpu.cfs_period_us`));
}

function processors(quota?: string, period?: string): number {
  const limit = Number(quota) / Number(period);
  return limit > 0 ? limit : Infinity;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
