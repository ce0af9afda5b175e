/**
 * A manager whose objects live in a thread of this process.
 *
 * @packageDocumentation
 */
import { threadHeap } from "#heap";
import { MessageChannel } from "node:worker_threads";
import { startThread, type ThreadEnd } from "../workers/index.ts";
import type { Backend } from "./backend.ts";
import { ManagerClosedError } from "./errors.ts";
import { PortLink } from "./link.ts";
import { Session } from "./session.ts";
import { forgetSession, knowSession } from "./sessions.ts";
import { ROOT } from "./things.ts";
import { type ThreadAssignment, threadEntry } from "./thread-host.ts";

/** A thread that is gone says so at once; one whose port closed without that is waited for so long. */
const PATIENCE_MS = 2000;

/** Starts the thread. It is there when it can be called. */
export async function startManagerThread(): Promise<Backend> {
  // The thread takes part in the heap that there is when it starts.
  threadHeap();
  const { port1, port2 } = new MessageChannel();
  const ended = Promise.withResolvers<ThreadEnd>();
  const assignment: ThreadAssignment = { port: port2 };
  const thread = startThread({
    entry: threadEntry(),
    name: "manager",
    data: assignment,
    transferList: [port2],
    resourceLimits: undefined,
    onEnd: ended.resolve,
    onMessage: () => undefined,
  });
  let isAsked = false;
  const session: Session = new Session(new PortLink(port1), {
    whyOver: async () => (isAsked ? shutDown() : await whyGone(ended.promise)),
    onOver: () => forgetSession(session),
  });
  await session.settled;
  knowSession(session);
  return {
    session,
    async stop(graceMs) {
      isAsked = true;
      // A thread that does not answer in time is ended in the middle of what it does.
      await Promise.race([session.call(ROOT, ["shutdown"], []).catch(() => undefined), elapsed(graceMs)]);
      session.close();
      await thread.stop();
    },
  };
}

/** What is found by who calls a manager that was shut down. */
export function shutDown(): ManagerClosedError {
  return new ManagerClosedError("the manager was shut down");
}

export function elapsed(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
}

async function whyGone(ended: Promise<ThreadEnd>): Promise<Error | undefined> {
  const end = await Promise.race([ended, elapsed(PATIENCE_MS)]);
  if (end === undefined) return undefined;
  const { cause, exitCode } = end;
  const how = cause instanceof Error ? `${cause.name}: ${cause.message}` : `exit code ${exitCode}`;
  return new Error(`the manager's thread has ended: ${how}`, "cause" in end ? { cause } : undefined);
}
