/**
 * The process of a manager: a host for its objects, until whoever started it has no more use for it.
 *
 * @packageDocumentation
 */
import { pathToFileURL } from "node:url";
import { findEntry, takeOverProcessAs, type WorkerEntry } from "../workers/index.ts";
import { FrameLink, LARGEST_FRAME_BYTES } from "../workers/net/index.ts";
import { openDoor } from "./door.ts";
import { Host, Root } from "./host.ts";
import { SocketLink } from "./link.ts";
import { relay } from "./relay.ts";
import { Session } from "./session.ts";
import { relayBy } from "./tickets.ts";

/** Where the process finds the stream to who started it. */
export const LINK_DESCRIPTOR = 3;

/** Serves until whoever started it has no more use for it. */
export function runManagerProcess(): void {
  relayBy(relay);
  const { Socket } = process.getBuiltinModule("node:net");
  const socket = new Socket({ fd: LINK_DESCRIPTOR, readable: true, writable: true });
  const link = new FrameLink(socket, LARGEST_FRAME_BYTES);
  // It keeps the process alive.
  socket.ref();
  const host = new Host();
  let isAsked = false;
  socket.once("close", () => {
    // Nobody could call the objects any more. If that was not asked for, the other process is gone.
    if (!isAsked) process.exit(1);
  });
  const open = openDoor(new Root(host), host.sendings);
  const root = new Root(host, () => {
    isAsked = true;
    open?.close();
    host.clear();
    socket.unref();
  });
  Session.host(new SocketLink(link), root, open?.door);
}

/** A bundle of CommonJS form has no `import.meta.url`. */
const here = new URL(import.meta.url ?? pathToFileURL(__filename).href);
const NAME = "heddle-manager-process";

/** The module that the process runs. */
export function processEntry(): WorkerEntry {
  return findEntry(here, NAME);
}

takeOverProcessAs(NAME, runManagerProcess);
