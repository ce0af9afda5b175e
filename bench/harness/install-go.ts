/** Brings Go to a Debian machine that has none. Only when asked: it changes the machine. */
import { spawnSync } from "node:child_process";
import { programVersion } from "./machine.ts";

/** @throws `Error` when apt-get cannot install it: not Debian, not root, or no package archive. */
export function installGo(): void {
  if (programVersion("go") !== undefined) return;
  process.stderr.write("Installing golang-go with apt-get\n");
  const { status, error } = spawnSync(
    "apt-get",
    ["install", "--yes", "--no-install-recommends", "golang-go"],
    // stdout is for the report alone.
    {
      stdio: ["ignore", process.stderr, process.stderr],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    },
  );
  if (status !== 0)
    throw new Error(`Cannot install golang-go: ${error?.message ?? `apt-get ended with status ${status}`}`);
}
