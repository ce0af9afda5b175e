/**
 * The thread of a manager.
 *
 * @packageDocumentation
 */
import { pathToFileURL } from "node:url";
import { type MessagePort, parentPort } from "node:worker_threads";
import { begin, type Beginning, findEntry, takeOverAs, type WorkerEntry } from "../workers/index.ts";
import { openDoor } from "./door.ts";
import { Host, Root } from "./host.ts";
import { PortLink } from "./link.ts";
import { relay } from "./relay.ts";
import { Session } from "./session.ts";
import { relayBy } from "./tickets.ts";

relayBy(relay);

/** What the thread is given. */
export interface ThreadAssignment {
  readonly port: MessagePort;
}

/** Serves until whoever started it has no more use for it. */
export function runManagerThread(beginning: Beginning<ThreadAssignment>): void {
  begin(beginning, ({ port }) => {
    serve(new PortLink(port));
    // The listener keeps the thread alive until it is told to stop.
    parentPort!.once("message", () => parentPort!.unref());
  });
}

function serve(link: PortLink): void {
  const host = new Host();
  const open = openDoor(new Root(host), host.sendings);
  const root = new Root(host, () => {
    open?.close();
    host.clear();
  });
  Session.host(link, root, open?.door);
}

/** A bundle of CommonJS form has no `import.meta.url`. */
const here = new URL(import.meta.url ?? pathToFileURL(__filename).href);
const NAME = "heddle-manager";

/** The module that the thread runs. */
export function threadEntry(): WorkerEntry {
  return findEntry(here, NAME);
}

takeOverAs<ThreadAssignment>(NAME, runManagerThread);
