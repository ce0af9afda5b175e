/** The independent judge of pictures. */
import { spawnSync } from "node:child_process";

/** Installs Debian's netpbm where it is missing. */
export function installNetpbm(): void {
  if (spawnSync("bmptopnm", ["--version"]).error === undefined) return;
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", "netpbm"]]) {
    const { status, stderr } = spawnSync("apt-get", args, {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`Cannot install netpbm with apt-get: ${stderr}`);
  }
}
