/**
 * `npm run soak [-- FAULTS [SEED]]`: pools bear random faults. `npm run soak -- kills [KILLS [SEED]]`: processes are killed while
 * they use everything that processes share.
 */
import { spawnSync } from "node:child_process";
import { root } from "./setup.mjs";

const KILLS = "2000";

const source = "--conditions=@heddle/source";
const args = process.argv.slice(2);
const isKills = args[0] === "kills";
const [kills = KILLS, seed = String(Date.now() % 100_000)] = args.slice(1);
const { status } = spawnSync(
  process.execPath,
  isKills
    ? [source, "--test", "packages/heddle/src/queues/killed.processes.test.ts"]
    : [source, "packages/heddle/src/futures/fixtures/soak.ts", ...args],
  {
    cwd: root,
    env: isKills ? { ...process.env, HEDDLE_KILLS: kills, HEDDLE_SEED: seed } : process.env,
    stdio: "inherit",
  },
);
if (isKills) console.log(`Seed ${seed}`);
process.exit(status ?? 1);
