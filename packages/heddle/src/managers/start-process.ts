/**
 * A manager whose objects live in a process of their own.
 *
 * @packageDocumentation
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { argumentsFor, inheritedFlags } from "../workers/index.ts";
import { FrameLink, LARGEST_FRAME_BYTES } from "../workers/net/index.ts";
import type { Backend } from "./backend.ts";
import { SocketLink } from "./link.ts";
import { LINK_DESCRIPTOR, processEntry } from "./process-host.ts";
import { Session } from "./session.ts";
import { forgetSession, knowSession } from "./sessions.ts";
import { elapsed, shutDown } from "./start-thread.ts";
import { ROOT } from "./things.ts";

/** A process whose stream has ended is waited for so long, to say how it ended. */
const PATIENCE_MS = 2000;

/** Starts the process. It is there when it can be called. */
export async function startManagerProcess(): Promise<Backend> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const child = spawn(process.execPath, [...inheritedFlags(), ...argumentsFor(processEntry())], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  // It ends by itself when this end of the stream does.
  child.unref();
  const exited = once(child, "exit").then(
    () => undefined,
    (error: Error) => error,
  );
  const link = new FrameLink(child.stdio[LINK_DESCRIPTOR] as Socket, LARGEST_FRAME_BYTES);
  let isAsked = false;
  const session: Session = new Session(new SocketLink(link), {
    whyOver: async () => (isAsked ? shutDown() : await whyGone(child, exited)),
    onOver: () => forgetSession(session),
  });
  await session.settled;
  knowSession(session);
  return {
    session,
    async stop(graceMs) {
      isAsked = true;
      child.ref();
      await Promise.race([session.call(ROOT, ["shutdown"], []).catch(() => undefined), elapsed(graceMs)]);
      session.close();
      for (const signal of ["SIGTERM", "SIGKILL"] as const) {
        if (await hasExited(child, exited, graceMs)) return;
        child.kill(signal);
      }
      await exited;
    },
  };
}

async function hasExited(child: ChildProcess, exited: Promise<unknown>, withinMs: number): Promise<boolean> {
  const timer = Promise.withResolvers<void>();
  const timeout = setTimeout(timer.resolve, withinMs);
  await Promise.race([exited, timer.promise]);
  clearTimeout(timeout);
  return child.exitCode !== null || child.signalCode !== null;
}

async function whyGone(child: ChildProcess, exited: Promise<Error | undefined>): Promise<Error | undefined> {
  const failure = await Promise.race([exited, elapsed(PATIENCE_MS)]);
  if (failure !== undefined) return failure;
  const { exitCode, signalCode } = child;
  if (exitCode === null && signalCode === null) return undefined;
  const how = signalCode === null ? `exit code ${exitCode}` : `signal ${signalCode}`;
  return new Error(`the manager's process has ended: ${how}`);
}
