/** What the process of a manager runs: a host for its objects, until whoever started it has no more use for it. */
import { managing } from "#managing";
import { Socket } from "node:net";
import { loadHandlesBy, loadTicketsBy, REMOTE_TICKET } from "../wire/index.ts";
import { FrameLink, LARGEST_FRAME_BYTES } from "../workers/net/index.ts";
import { openDoor } from "./door.ts";
import { Host, Root } from "./host.ts";
import { SocketLink } from "./link.ts";
import { relay } from "./relay.ts";
import { Session } from "./session.ts";
import { LINK_DESCRIPTOR } from "./start-process.ts";
import { relayBy } from "./tickets.ts";

/** Used at once. */
export { FunctionTable } from "../portable/heddle-functions.ts";

loadHandlesBy(() =>
  Promise.all([import("../sync/index.ts"), import("../queues/index.ts"), import("../workers/index.ts")]),
);

loadTicketsBy(REMOTE_TICKET, () => managing().redeem);
relayBy(relay);

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
