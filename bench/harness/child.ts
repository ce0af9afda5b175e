/**
 * The child process: does one case for one contender, and writes the answer to stdout as one line of JSON.
 *
 * A fresh process for every figure: no heap, no compiled code and no worker of one contender reaches another. It never calls
 * `process.exit`: a process that cannot end by itself is a finding.
 */
import { writeSync } from "node:fs";
import { caseRuns } from "../cases/index.ts";
import type { OpenOptions } from "../contenders/pool.ts";
import type { Order } from "./types.ts";

const order = JSON.parse(process.argv[2] ?? "") as Order;
/** What it opens is what the cases of its suite ask for: the suite brings only those together that fit. */
const contender = (await import(`../contenders/${order.module}`)) as {
  open(options: OpenOptions): Promise<never>;
};
const run = caseRuns[order.run];
if (run === undefined) throw new RangeError(`Cannot run the case: there is none called ${order.run}`);

const load = (name: string): number => {
  const value = order.load[name];
  if (value === undefined) throw new RangeError(`Cannot run ${order.run}: its load says nothing of ${name}`);
  return value;
};
const limit = order.options["limitItems"];
const answer = await run({
  workers: order.workers,
  open: () =>
    contender.open({
      workers: order.workers,
      concurrency: order.load["concurrency"] ?? 1,
      settings: order.options,
    }),
  load,
  limitItems: typeof limit === "number" ? limit : undefined,
});
writeSync(1, `${JSON.stringify(answer)}\n`);
