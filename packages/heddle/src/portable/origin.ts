/**
 * Which process this is, among all that ever were: the same in each of its threads.
 *
 * @packageDocumentation
 */
import { readFileSync, readlinkSync } from "node:fs";

let origin: string | undefined;

/** A name for this process that no other one has, on any machine. */
export function processOrigin(): string {
  return (origin ??=
    onLinux() ?? `${process.getBuiltinModule("node:os").hostname()}:${process.pid}:${process.ppid}`);
}

/** The boot, the name space in which the number of the process counts, that number, and when the process began. */
function onLinux(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const space = readlinkSync("/proc/self/ns/pid");
    const stat = readFileSync("/proc/self/stat", "utf8");
    // The name of the program stands in brackets, and may hold anything.
    const began = stat.slice(stat.lastIndexOf(")")).split(" ")[20];
    return `${boot}:${space}:${process.pid}:${began}`;
  } catch {
    return undefined;
  }
}
