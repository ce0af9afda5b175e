/**
 * `npm run soak [-- FAULTS [SEED]]`: pools bear random faults. `npm run soak -- kills [KILLS [SEED]]`: processes are killed while
 * they use everything that processes share. `npm run soak -- steps [STRIDE [SEED]]`: one dies before each step of each thing that
 * can be done there, or before one in so many.
 */
import { spawnSync } from "node:child_process";
import { root } from "./setup.mjs";

/** Those that are tests: how they are told how much to do, and how much that is. */
const KINDS: Readonly<Record<string, { file: string; variable: string; amount: string }>> = {
  kills: { file: "killed.processes.test.ts", variable: "HEDDLE_KILLS", amount: "2000" },
  steps: { file: "killed-at-each-step.processes.test.ts", variable: "HEDDLE_STRIDE", amount: "1" },
};

const source = "--conditions=@heddle/source";
const args = process.argv.slice(2);
const kind = Object.hasOwn(KINDS, args[0] ?? "") ? KINDS[args[0]!] : undefined;
const numbers = kind === undefined ? args : args.slice(1);
const wrong = numbers.find((text) => !/^[1-9]\d*$/.test(text));
if (wrong !== undefined) {
  console.error(
    `Cannot soak "${wrong}": write how much and from which seed, in whole numbers, alone or after ${Object.keys(KINDS).join(" or ")}`,
  );
  process.exit(2);
}
const [amount = kind?.amount, seed = String(Date.now() % 100_000)] = numbers;
const { status } = spawnSync(
  process.execPath,
  kind === undefined
    ? [source, "packages/heddle/src/futures/fixtures/soak.ts", ...args]
    : [source, "--test", `packages/heddle/src/queues/${kind.file}`],
  {
    cwd: root,
    env: kind === undefined ? process.env : { ...process.env, [kind.variable]: amount, HEDDLE_SEED: seed },
    stdio: "inherit",
  },
);
if (kind !== undefined) console.log(`Seed ${seed}`);
process.exit(status ?? 1);
