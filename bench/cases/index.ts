/** The cases by the names that orders carry. */
import { classicRuns } from "./classics.ts";
import type { CaseRun } from "./context.ts";
import { handOver } from "./hand-over.ts";
import { exit, idleCpu, idleTimers } from "./idle.ts";
import {
  asyncTask,
  cpuTask,
  megabyteCopied,
  megabyteMoved,
  megabyteSent,
  object,
  roundTrip,
  roundTripAfterIdle,
} from "./latency.ts";
import { importing } from "./import.ts";
import { factorisations, factorisationsCold, increments, largestFactors } from "./map.ts";
import { factorials, imapFromNothing, jobs } from "./pools.ts";
import { processFirst, processHaul, processLock, processOutlive, processPingPong } from "./processes.ts";
import { haul, inThread, inThreadTry } from "./queues.ts";
import { burstOfAdds, burstOfObjects, burstOfTurns, windowOfAdds } from "./rate.ts";
import { quickRoute } from "./server.ts";
import { startup } from "./startup.ts";
import { contended, uncontended, uncontendedTry } from "./sync.ts";
import { asyncTree, skynet, sleeping, spawnJoin } from "./tasks.ts";

export const caseRuns: Readonly<Record<string, CaseRun<never>>> = {
  "round-trip": roundTrip,
  "round-trip-after-idle": roundTripAfterIdle,
  burst: burstOfAdds,
  window: windowOfAdds,
  object: object,
  "object-burst": burstOfObjects,
  "megabyte-sent": megabyteSent,
  "megabyte-copied": megabyteCopied,
  "megabyte-moved": megabyteMoved,
  "cpu-task": cpuTask,
  async: asyncTask,
  "async-burst": burstOfTurns,
  map: increments,
  factorise: factorisations,
  "largest-factor": largestFactors,
  "factorise-cold": factorisationsCold,
  idle: idleCpu,
  timers: idleTimers,
  exit: exit,
  jobs,
  factorials,
  imap: imapFromNothing,
  uncontended,
  "uncontended-try": uncontendedTry,
  contended,
  "hand-over": handOver,
  "in-thread": inThread,
  "in-thread-try": inThreadTry,
  haul,
  "spawn-join": spawnJoin,
  skynet,
  "async-tree": asyncTree,
  sleeping,
  startup,
  import: importing,
  "process-lock": processLock,
  "process-ping-pong": processPingPong,
  "process-haul": processHaul,
  "process-first": processFirst,
  "process-outlive": processOutlive,
  "quick-route": quickRoute,
  ...classicRuns,
};
