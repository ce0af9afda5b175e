/**
 * The other side of the wire, for tests: messages in shared memory at odd places, side items through a real port.
 *
 * @packageDocumentation
 */
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { Decoder } from "./codec/decoder.ts";
import { Encoder } from "./codec/encoder.ts";
import { WireError } from "./errors.ts";
import type { FunctionRecord, Region, WireHooks } from "./hooks.ts";

declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => {
    readonly buffer: SharedArrayBuffer;
  };
};

/** Functions by number, as if the other side had them. Refuses what a real table would: private fields, native code. */
export class FakeHooks implements WireHooks {
  readonly functions: Function[] = [];
  readonly paths: string[] = [];

  publishFunction(fn: Function, path: string): FunctionRecord {
    this.paths.push(path);
    const text = Function.prototype.toString.call(fn);
    if (/#\w|native code/.test(text))
      throw new WireError(path, `it is ${fn.name}, which has state of its own`, "send plain data");
    let serial = this.functions.indexOf(fn);
    if (serial === -1) serial = this.functions.push(fn) - 1;
    return { address: 0xfedcba98, serial };
  }

  resolveFunction(address: number, serial: number): Function {
    if (address !== 0xfedcba98) throw new RangeError(`no function at ${address}`);
    const fn = this.functions[serial];
    if (fn === undefined) throw new RangeError(`no function ${serial}`);
    return fn;
  }
}

const MEMORY_BYTES = 1 << 16;

/** An encoder and a decoder over shared memory. */
export class TestWire {
  readonly hooks: FakeHooks;
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  readonly #memory: Uint8Array<SharedArrayBuffer>;
  #region: Region;
  #start = 0;
  /** How often the encoder asked for more room. */
  growths = 0;

  constructor(hooks: FakeHooks = new FakeHooks()) {
    this.hooks = hooks;
    this.#memory = new Uint8Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
    this.#region = { bytes: this.#memory, start: 0, end: 0 };
    this.encoder = new Encoder(this.hooks, (used, needed) => this.#grow(used, needed));
    this.decoder = new Decoder(this.hooks);
  }

  #grow(usedBytes: number, neededBytes: number): Region {
    this.growths++;
    const { bytes, start } = this.#region;
    const fits = neededBytes + 16 < MEMORY_BYTES;
    const bigger = fits ? this.#memory : new Uint8Array(new SharedArrayBuffer(neededBytes + 3));
    const at = fits ? (start + 5) % 8 : 3;
    bigger.set(bytes.slice(start, start + usedBytes), at);
    return (this.#region = { bytes: bigger, start: at, end: at + neededBytes });
  }

  /** The message for a value, begun with `room` bytes at a place that is different every time. */
  encode(value: unknown, path = "args", room = 64): Region {
    this.#start = (this.#start + 3) % 16;
    this.#region = { bytes: this.#memory, start: this.#start, end: this.#start + room };
    const length = this.encoder.encode(value, this.#region, path);
    const { bytes, start } = this.encoder.region;
    return { bytes, start, end: start + length };
  }

  /** The value of a message, which came with these side items. */
  decode(message: Region, sideItems: readonly unknown[] = []): unknown {
    return this.decoder.decode(message.bytes, message.start, message.end, sideItems);
  }

  /** Sends a value to the other side, side items through a real port. */
  send<T>(value: T, path = "args"): T {
    const message = this.encode(value, path);
    return this.decode(message, deliver(this.encoder)) as T;
  }
}

/** What arrives on the other side of a port. */
export function deliver(encoder: Encoder): readonly unknown[] {
  if (encoder.sideItems.length === 0) return [];
  const { port1, port2 } = new MessageChannel();
  port1.postMessage([...encoder.sideItems], encoder.transferList);
  const received = receiveMessageOnPort(port2) as { message: unknown[] };
  port1.close();
  return received.message;
}
