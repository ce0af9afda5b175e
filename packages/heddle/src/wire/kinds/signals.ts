/**
 * Sends abort signals. An aborted one travels with its reason; one that may still abort is joined to its image on the
 * other side by a port.
 *
 * Neither end of the port keeps its thread alive, nor the signal in it: when one of the two is collected, the link
 * is cut. While the image has listeners, the link holds it.
 *
 * @packageDocumentation
 */
import { getEventListeners } from "node:events";
import type { MessagePort } from "node:worker_threads";
import { workerThreads } from "#heap";
import { CorruptMessageError, NotLoadedError } from "../errors.ts";
import type { Pack, Packet, Unpack } from "../packet.ts";
import type { Reader } from "../read/reader.ts";
import * as tag from "../tags.ts";
import type { Writer } from "../write/writer.ts";
import { writers } from "./writers.ts";

/** Cuts the link of a signal that is no more. */
const collected = new FinalizationRegistry<MessagePort>((port) => port.close());

export function writeSignal(writer: Writer, value: object, at: number): number {
  const signal = value as AbortSignal;
  if (writer.askAs("AbortSignal", () => signal.aborted)) {
    const depth = writer.enter(signal);
    writer.trail.entries[depth] = "reason";
    at = writer.value(signal.reason, writer.byte(tag.ABORTED_SIGNAL, at));
    writer.trail.depth = depth;
    return at;
  }
  if (writer.isAlone) throw writer.notAlone("an AbortSignal that may still abort");
  const { port1, port2 } = new (workerThreads().MessageChannel)();
  writer.onSettled((isSent) => {
    if (isSent) sendAbort(writer.pack, signal, port1);
    else port1.close();
  });
  at = writer.sideItem(port2, true, writer.byte(tag.LIVE_SIGNAL, at));
  return at;
}

/** When `signal` aborts, tells the other end of `port`. */
function sendAbort(pack: Pack, signal: AbortSignal, port: MessagePort): void {
  const weak = new WeakRef(signal);
  const abort = (): void => {
    sendReason(pack, weak.deref()?.reason, port);
    port.close();
  };
  signal.addEventListener("abort", abort, { once: true });
  port.on("close", () => weak.deref()?.removeEventListener("abort", abort));
  port.unref();
  collected.register(signal, port);
}

/** A reason that cannot travel must not keep the abort from doing so. */
function sendReason(pack: Pack, reason: unknown, port: MessagePort): void {
  try {
    port.postMessage(...pack(reason, "signal.reason"));
  } catch (cause) {
    port.postMessage(...pack(withoutReason(cause), "signal.reason"));
  }
}

/** Instead of a reason that has not come over. */
function withoutReason(cause: unknown): DOMException {
  return new DOMException("This operation was aborted", { name: "AbortError", cause });
}

export function readAbortedSignal(reader: Reader): AbortSignal {
  const number = reader.reserve();
  const reason = reader.part();
  return reader.fulfil(number, AbortSignal.abort(reason));
}

export function readLiveSignal(reader: Reader): AbortSignal {
  const number = reader.reserve();
  const port = reader.part();
  if (!(port instanceof workerThreads().MessagePort)) throw new CorruptMessageError("a signal has no port");
  const controller = new AbortController();
  const { signal } = controller;
  Object.setPrototypeOf(signal, linkedPrototype);
  const link = new Link(reader.unpack, controller, port);
  reader.onDecoded(() => link.open());
  return reader.fulfil(number, signal);
}

const links = new WeakMap<AbortSignal, Link>();

/** The receiving end: aborts the image when the port says so. */
class Link {
  readonly #unpack: Unpack;
  readonly #controller: WeakRef<AbortController>;
  readonly #port: MessagePort;

  constructor(unpack: Unpack, controller: AbortController, port: MessagePort) {
    this.#unpack = unpack;
    this.#controller = new WeakRef(controller);
    this.#port = port;
    links.set(controller.signal, this);
    controllers.set(controller.signal, controller);
  }

  open(): void {
    const signal = this.#controller.deref()?.signal;
    if (signal === undefined) return;
    this.#port.on("message", (packet: Packet) => this.#abort(packet));
    this.#port.on("close", () => this.#letGo());
    this.#port.unref();
    collected.register(signal, this.#port);
  }

  /** Looks for the message now, for a task that never gives the event loop a turn. */
  poll(): void {
    const received = workerThreads().receiveMessageOnPort(this.#port);
    if (received !== undefined) this.#abort(received.message as Packet);
  }

  /** Those who listen may be all that is left of the image. */
  hold(signal: AbortSignal): void {
    if (getEventListeners(signal, "abort").length > 0) held.add(controllers.get(signal)!);
    else this.#letGo();
  }

  #letGo(): void {
    const controller = this.#controller.deref();
    if (controller !== undefined) held.delete(controller);
  }

  #abort(packet: Packet): void {
    let reason: unknown;
    try {
      reason = this.#unpack(packet);
    } catch (error) {
      if (error instanceof NotLoadedError) {
        // A module that cannot be loaded is found out when the packet is read again.
        const again = (): void => this.#abort(packet);
        error.ready.then(again, again);
        return;
      }
      reason = withoutReason(error);
    }
    this.#controller.deref()?.abort(reason);
    this.#letGo();
    this.#port.close();
  }
}

/** The controllers of images that have listeners. */
const held = new Set<AbortController>();

/** Keeps each controller as long as its signal: the signal itself does not. */
const controllers = new WeakMap<AbortSignal, AbortController>();

const { aborted, reason, onabort } = Object.getOwnPropertyDescriptors(AbortSignal.prototype);

/** `AbortSignal.prototype` for images of signals: asks the port before it answers, notices who listens. */
const linkedPrototype: AbortSignal = Object.create(AbortSignal.prototype, {
  aborted: {
    ...aborted,
    get(this: AbortSignal): boolean {
      poll(this);
      return hasAborted(this);
    },
  },
  reason: {
    ...reason,
    get(this: AbortSignal): unknown {
      poll(this);
      return reason.get!.call(this);
    },
  },
  onabort: {
    ...onabort,
    set(this: AbortSignal, listener: AbortSignal["onabort"]) {
      onabort.set!.call(this, listener);
      links.get(this)?.hold(this);
    },
  },
  throwIfAborted: {
    value(this: AbortSignal): void {
      poll(this);
      AbortSignal.prototype.throwIfAborted.call(this);
    },
  },
  addEventListener: {
    value(this: AbortSignal, ...args: Parameters<AbortSignal["addEventListener"]>): void {
      EventTarget.prototype.addEventListener.apply(this, args);
      links.get(this)?.hold(this);
    },
  },
  removeEventListener: {
    value(this: AbortSignal, ...args: Parameters<AbortSignal["removeEventListener"]>): void {
      EventTarget.prototype.removeEventListener.apply(this, args);
      links.get(this)?.hold(this);
    },
  },
}) as AbortSignal;

writers.set(linkedPrototype, writeSignal);

/** The image polls until it has aborted; its link is of no more use then. */
function poll(signal: AbortSignal): void {
  if (!hasAborted(signal)) links.get(signal)?.poll();
}

function hasAborted(signal: AbortSignal): boolean {
  return Reflect.apply<AbortSignal, [], boolean>(aborted.get!, signal, []);
}
