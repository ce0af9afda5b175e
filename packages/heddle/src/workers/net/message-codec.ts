/**
 * Messages for the other end of a stream, in this process or in another one, with the functions that they need.
 *
 * ```text
 * bytes  name     values
 * 0      flags    1: handles and functions are named by their addresses in the heap of one process; 2: functions follow
 * 1      length   with either flag: of the body, little endian
 * 5 or 1 body     a message of the wire format
 * …      trailer  with either flag: a message of the wire format, of the process (1) or the records (2)
 * ```
 *
 * In a message with flag 2, the record of a function is named by its index in the trailer.
 *
 * @packageDocumentation
 */
import {
  functionTable,
  type FunctionTable,
  type HeapRecord,
  processOrigin,
  type RecordParcel,
} from "../../portable/index.ts";
import { Decoder, Encoder } from "../../wire/codec/index.ts";
import {
  CorruptMessageError,
  type FunctionRecord,
  NotLoadedError,
  type Region,
  undoMove,
  type WireHooks,
} from "../../wire/index.ts";

const LOCAL = 1;
const PARCELS = 2;
const HEAD_BYTES = 5;

/** Bigger scratch memory is let go after use. */
const KEPT_BYTES = 1 << 20;
const START_BYTES = 4096;

/** A message, and what must be kept until it has been read. */
export interface EncodedMessage {
  readonly bytes: Uint8Array;
  /** Records and handles that the bytes only name. */
  readonly kept: readonly object[];
}

/** How the two ends name what stays where it is: see the wire's hooks. */
export interface Naming {
  standIn(thing: object): unknown;
  standFor(plain: unknown): object;
}

/** Writes and reads the messages of one conversation. */
export class MessageCodec {
  readonly #table: FunctionTable = functionTable();
  readonly #local: MessageWriter;
  readonly #abroad: MessageWriter;
  readonly #localDecoder: Decoder;
  readonly #abroadDecoder: Decoder;
  /** The records of the message that is being read; `undefined` where they are named by address. */
  #records: readonly FunctionRecord[] | undefined;

  constructor(naming?: Naming) {
    this.#local = new MessageWriter(false, this.#table, naming);
    this.#abroad = new MessageWriter(true, this.#table, naming);
    const hooks: WireHooks = {
      publishFunction: () => {
        throw new TypeError("Cannot publish a function while decoding");
      },
      resolveFunction: (address, serial) => this.#resolve(address, serial),
      ...(naming && { standFor: (plain) => naming.standFor(plain) }),
    };
    this.#localDecoder = new Decoder(hooks);
    this.#abroadDecoder = new Decoder({ ...hooks, leavesProcess: true });
  }

  /**
   * Writes a value. What `transfer()` marked in it is moved: its length is 0 afterwards.
   *
   * @param path - What the value is called in errors.
   * @param isAbroad - Whether the message leaves the process.
   * @throws `WireError`, `PortabilityError` when something in it cannot travel so far. Nothing was moved then.
   */
  encode(value: unknown, path: string, isAbroad: boolean): EncodedMessage {
    return (isAbroad ? this.#abroad : this.#local).write(value, path);
  }

  /**
   * Reads a value.
   *
   * @param isAbroad - Whether the message came from another process: then nothing in it may name what is in this one's heap.
   * @throws `NotLoadedError` when a module has to be imported first: await it and decode again. `CorruptMessageError` when
   * the bytes are no message, or one of another process.
   */
  decode(bytes: Uint8Array, isAbroad: boolean): unknown {
    const flags = bytes[0];
    if (flags === 0) return this.#decode(bytes, [1, bytes.length], isAbroad, isAbroad ? [] : undefined);
    if ((flags !== LOCAL && flags !== PARCELS) || bytes.length < HEAD_BYTES) {
      throw new CorruptMessageError("it does not say what is in it");
    }
    const bodyEnd = HEAD_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true);
    if (bodyEnd > bytes.length) throw new CorruptMessageError("it ends in the middle of a value");
    const trailer = plainDecoder.decode(bytes, bodyEnd, bytes.length, []);
    if (flags === LOCAL) {
      if (isAbroad || trailer !== processOrigin()) {
        throw new CorruptMessageError("it holds handles or functions of a process that is not this one");
      }
      return this.#decode(bytes, [HEAD_BYTES, bodyEnd], false, undefined);
    }
    if (!Array.isArray(trailer)) throw new CorruptMessageError("it holds no functions where it should");
    const records = this.#table.parcels.unpack(trailer as RecordParcel[]);
    return this.#decode(bytes, [HEAD_BYTES, bodyEnd], true, records);
  }

  /** Reads a value after the modules that it needs have been imported. */
  async decodeAsync(bytes: Uint8Array, isAbroad: boolean): Promise<unknown> {
    for (;;) {
      try {
        return this.decode(bytes, isAbroad);
      } catch (error) {
        if (!(error instanceof NotLoadedError)) throw error;
        await error.ready;
      }
    }
  }

  #decode(
    bytes: Uint8Array,
    [start, end]: readonly [number, number],
    isAbroad: boolean,
    records: readonly FunctionRecord[] | undefined,
  ): unknown {
    const before = this.#records;
    this.#records = records;
    try {
      return (isAbroad ? this.#abroadDecoder : this.#localDecoder).decode(bytes, start, end, []);
    } finally {
      this.#records = before;
    }
  }

  #resolve(address: number, serial: number): Function {
    const records = this.#records;
    if (records === undefined) return this.#table.resolveFunction(address, serial);
    const record = records[address];
    if (record === undefined) throw new CorruptMessageError("it names a function that it does not hold");
    return this.#table.resolveFunction(record.address, record.serial);
  }
}

function unexpectedFunction(): never {
  throw new CorruptMessageError("it holds a function where none can be");
}

const plainHooks: WireHooks = {
  publishFunction: () => {
    throw new TypeError("Cannot cross here: functions are not expected in this message");
  },
  resolveFunction: unexpectedFunction,
};
const plainDecoder = new Decoder(plainHooks);

/** Writes messages that stay in the process, or those that leave it. */
class MessageWriter {
  readonly #isAbroad: boolean;
  readonly #table: FunctionTable;
  readonly #encoder: Encoder;
  readonly #trailers: Encoder;
  #memory = new Uint8Array(START_BYTES);
  /** Where the message that is being written begins. */
  #start = 0;
  #records: HeapRecord[] = [];
  #handles: object[] = [];

  constructor(isAbroad: boolean, table: FunctionTable, naming: Naming | undefined) {
    this.#isAbroad = isAbroad;
    this.#table = table;
    const grow = (used: number, needed: number): Region => this.#grow(used, needed);
    this.#encoder = new Encoder(
      {
        publishFunction: (fn, path) => this.#name(table.publishFunction(fn, path)),
        publishClass: (cls, path) => this.#name(table.publishClass(cls, path)),
        resolveFunction: unexpectedFunction,
        keepHandle: (handle) => this.#handles.push(handle),
        keepShared: (buffer) => this.#handles.push(buffer),
        keepForeign: (handle) => this.#handles.push(handle),
        ...(naming && { standIn: (thing) => naming.standIn(thing) }),
      },
      grow,
      { isAlone: true, isAbroad },
    );
    this.#trailers = new Encoder(plainHooks, grow, { isAlone: true });
  }

  write(value: unknown, path: string): EncodedMessage {
    try {
      const length = this.#encoder.encode(value, this.#region(HEAD_BYTES), path);
      const kept = [...this.#records, ...this.#handles];
      const bytes = kept.length === 0 ? this.#plain(length) : this.#withTrailer(length, path);
      detach(this.#encoder.transferList as readonly ArrayBuffer[]);
      return { bytes, kept: this.#isAbroad ? this.#handles : kept };
    } finally {
      this.#records = [];
      this.#handles = [];
      if (this.#memory.length > KEPT_BYTES) this.#memory = new Uint8Array(START_BYTES);
    }
  }

  #plain(length: number): Uint8Array {
    const from = HEAD_BYTES - 1;
    this.#memory[from] = 0;
    return this.#memory.slice(from, HEAD_BYTES + length);
  }

  #withTrailer(length: number, path: string): Uint8Array {
    const trailer = this.#isAbroad ? this.#table.parcels.pack(this.#records, path) : processOrigin();
    const end = HEAD_BYTES + length;
    this.#memory[0] = this.#isAbroad ? PARCELS : LOCAL;
    new DataView(this.#memory.buffer).setUint32(1, length, true);
    const trailerLength = this.#trailers.encode(trailer, this.#region(end), path);
    return this.#memory.slice(0, end + trailerLength);
  }

  #name(record: FunctionRecord): FunctionRecord {
    const held = record as HeapRecord;
    const known = this.#records.indexOf(held);
    const index = known === -1 ? this.#records.push(held) - 1 : known;
    return this.#isAbroad ? { address: index, serial: 0 } : record;
  }

  #region(start: number): Region {
    this.#start = start;
    return { bytes: this.#memory, start, end: this.#memory.length };
  }

  #grow(used: number, needed: number): Region {
    const start = this.#start;
    const memory = new Uint8Array(Math.max(start + needed, 2 * this.#memory.length));
    memory.set(this.#memory.subarray(0, start + used));
    this.#memory = memory;
    return this.#region(start);
  }
}

/** Takes the memory of buffers from this thread: it was copied. If that fails, they keep it, and their marks. */
function detach(buffers: readonly ArrayBuffer[]): void {
  if (buffers.length === 0) return;
  try {
    structuredClone(undefined, { transfer: buffers as ArrayBuffer[] });
  } catch (error) {
    undoMove(buffers);
    throw error;
  }
}
