/**
 * The calls to the operating system that Node has none for. Beside it only `die-with-parent.ts` knows koffi.
 *
 * Addresses in this process are numbers: Linux gives programs 47 bits.
 *
 * @packageDocumentation
 */
import { loadKoffi } from "./load-koffi.ts";

/** What this file uses of koffi, which need not be installed. */
interface Koffi {
  load(path: string | null): { func(definition: string): NativeFunction };
  view(address: bigint, sizeBytes: number): ArrayBuffer;
  address(buffer: ArrayBufferView): bigint;
  errno(): number;
  readonly node: {
    poll(fd: number, events: { readable: boolean }, callback: () => void): PollHandle;
  };
}
type NativeFunction = (...args: readonly unknown[]) => number;

/** Tells when a descriptor can be read from. It must be held as long as it is to do so. */
export interface PollHandle {
  close(): void;
  ref(): void;
  unref(): void;
}

/** The first version that has `node.poll` as it is used here. */
const KOFFI_VERSION = "3.3.4";

/** Of `futex(2)`, by processor. Newer calls have one number everywhere. */
const SYS_FUTEX: Readonly<Record<string, number>> = { x64: 202, arm64: 98, riscv64: 98, loong64: 98 };
const SYS_PIDFD_OPEN = 434;
const SYS_FUTEX_WAITV = 449;

const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const EVERYBODY = 0x7fffffff;
/** Of a word in `futex_waitv`: it has 32 bits. */
const FUTEX_32 = 2;
const CLOCK_MONOTONIC = 1;
const NS_PER_MS = 1_000_000;

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 2 ** 64 - 1;

const F_OFD_SETLK = 37;
const WRITE_LOCK = 1;
const READ_LOCK = 0;
const UNLOCK = 2;

const AF_UNIX = 1;
/** SOCK_DGRAM, SOCK_NONBLOCK, SOCK_CLOEXEC. */
const SOCKET_KIND = 2 | 0x800 | 0x80000;
/** MSG_DONTWAIT, MSG_NOSIGNAL. */
const SEND_FLAGS = 0x40 | 0x4000;
const POLLIN = 1;
const PIDFD_THREAD = 0x80;

/** Of a set of cores. With more than 8 times as many, this thread stays where it is. */
const CORE_BYTES = 1024;

const ONE_BYTE = new Uint8Array(new ArrayBuffer(1));

/** So many words can be waited for at once. */
export const MAX_WAIT_WORDS = 128;
const WAIT_WORD_BYTES = 24;

/** Words to wait for at once, as `futex_waitv(2)` wants them. */
export class WaitWords {
  readonly #bytes: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(MAX_WAIT_WORDS * WAIT_WORD_BYTES));
  length = 0;
  /** Where {@link bytes} are; 0 until it is asked for. */
  address = 0;

  /** Adds a word, by its address in this process, and what it holds. */
  set(index: number, address: number, expected: number): void {
    const at = WAIT_WORD_BYTES * index;
    this.#bytes.setBigUint64(at, BigInt(expected >>> 0), true);
    this.#bytes.setBigUint64(at + 8, BigInt(address), true);
    this.#bytes.setUint32(at + 16, FUTEX_32, true);
  }

  get bytes(): DataView {
    return this.#bytes;
  }
}

/** How a native wait ended. `failed`: this kernel has no such call. */
export type NativeWait = "woken" | "not-equal" | "timed-out" | "failed";

const EAGAIN = 11;
const EINTR = 4;
const ETIMEDOUT = 110;

const OUTCOMES: Readonly<Record<number, NativeWait>> = {
  [EAGAIN]: "not-equal",
  [EINTR]: "woken",
  [ETIMEDOUT]: "timed-out",
};

/** Where datagrams are sent to. */
export interface SocketAddress {
  readonly bytes: Uint8Array;
  /** Of the bytes, which stay where they are as long as they are held. */
  readonly address: number;
}

/** What goes by the C library and the kernel of Linux. */
export class Libc {
  readonly #koffi: Koffi;
  readonly #sysFutex: number;
  readonly #timeout = new BigInt64Array(new ArrayBuffer(16));
  readonly #timeoutAddress: number;
  readonly #byteAddress: number;
  /** A bit for each core. */
  readonly #cores = new Uint8Array(CORE_BYTES);
  readonly #lock = new DataView(new ArrayBuffer(32));
  readonly #mutexAttributes = new Uint8Array(16);
  readonly #functions: Readonly<Record<keyof typeof DEFINITIONS, NativeFunction>>;

  constructor(koffi: Koffi, sysFutex: number) {
    const c = koffi.load(null);
    this.#koffi = koffi;
    this.#sysFutex = sysFutex;
    this.#timeoutAddress = this.#addressOf(this.#timeout);
    this.#byteAddress = this.#addressOf(ONE_BYTE);
    this.#functions = Object.fromEntries(
      Object.entries(DEFINITIONS).map(([name, definition]) => [name, c.func(definition)]),
    ) as Record<keyof typeof DEFINITIONS, NativeFunction>;
    const { initAttributes, setRobust, setShared } = this.#functions;
    initAttributes(this.#mutexAttributes);
    setRobust(this.#mutexAttributes, 1);
    setShared(this.#mutexAttributes, 1);
  }

  /** Maps a file, and gives the address. */
  map(fd: number, sizeBytes: number): number {
    const address = this.#functions.mmap(0, sizeBytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
    if (address >= MAP_FAILED) throw this.#failure("map shared memory");
    return address;
  }

  /** No view of it may be used afterwards. */
  unmap(address: number, sizeBytes: number): void {
    this.#functions.munmap(address, sizeBytes);
  }

  /** The bytes at an address. */
  view(address: number, sizeBytes: number): ArrayBuffer {
    return this.#koffi.view(BigInt(address), sizeBytes);
  }

  /** Makes sure that there is memory behind a part of a file. False if there is none. */
  reserve(fd: number, from: number, sizeBytes: number): boolean {
    return this.#functions.fallocate(fd, from, sizeBytes) === 0;
  }

  /** Locks a byte of a file for this descriptor, which ends with it. False if others have it. */
  tryLock(fd: number, byte: number, isExclusive: boolean): boolean {
    return this.#setLock(fd, byte, isExclusive ? WRITE_LOCK : READ_LOCK);
  }

  unlock(fd: number, byte: number): void {
    this.#setLock(fd, byte, UNLOCK);
  }

  #setLock(fd: number, byte: number, kind: number): boolean {
    this.#lock.setInt16(0, kind, true);
    this.#lock.setBigInt64(8, BigInt(byte), true);
    this.#lock.setBigInt64(16, 1n, true);
    return this.#functions.fcntl(fd, F_OFD_SETLK, this.#lock) === 0;
  }

  /** The core that this thread runs on; -1 where that is not known. */
  core(): number {
    return this.#functions.getCpu();
  }

  /** Moves this thread to another core. False if it may run on no other. */
  leaveCore(): boolean {
    const { getAffinity, setAffinity } = this.#functions;
    const cores = this.#cores;
    const bytes = cores.length;
    const core = this.core();
    if (core < 0 || getAffinity(0, bytes, cores) !== 0) return false;
    const others = cores.slice();
    others[core >>> 3]! &= ~(1 << (core & 7));
    // Refused without others.
    if (setAffinity(0, bytes, others) !== 0) return false;
    setAffinity(0, bytes, cores);
    return true;
  }

  /** The operating system's number of this thread. */
  threadId(): number {
    return this.#functions.gettid();
  }

  /** Blocks this thread while a word holds what is expected. */
  wait(address: number, expected: number, timeoutMs: number): NativeWait {
    this.#setTimeout(Math.round(timeoutMs * NS_PER_MS));
    const outcome = this.#functions.futex(
      this.#sysFutex,
      address,
      FUTEX_WAIT,
      expected >>> 0,
      this.#timeoutAddress,
      0,
      0,
    );
    return outcome >= 0 ? "woken" : this.#outcome();
  }

  /** The same for several words: until one of them differs, or somebody is woken who waits for it. */
  waitForAny(words: WaitWords, timeoutMs: number): NativeWait {
    this.#setTimeout(Number(process.hrtime.bigint()) + Math.round(timeoutMs * NS_PER_MS));
    words.address ||= this.#addressOf(words.bytes);
    const outcome = this.#functions.futexWaitv(
      SYS_FUTEX_WAITV,
      words.address,
      words.length,
      0,
      this.#timeoutAddress,
      CLOCK_MONOTONIC,
    );
    return outcome >= 0 ? "woken" : this.#outcome();
  }

  /** Wakes those who wait for a word, and gives how many it were. */
  wake(address: number, count: number): number {
    return this.#functions.futexWake(this.#sysFutex, address, FUTEX_WAKE, Math.min(count, EVERYBODY));
  }

  /** Makes a lock that is known to be nobody's any more when its thread has died, and takes it. */
  lockRobust(address: number): void {
    this.#functions.initMutex(address, this.#mutexAttributes);
    if (this.#functions.lockMutex(address) !== 0) throw this.#failure("take a robust lock");
  }

  unlockRobust(address: number): void {
    this.#functions.unlockMutex(address);
  }

  /** A socket that others can send to by a name. */
  listen(name: string): number {
    const fd = this.#functions.socket(AF_UNIX, SOCKET_KIND, 0);
    if (fd < 0) throw this.#failure("open a socket");
    const address = socketAddress(name);
    if (this.#functions.bind(fd, address, address.length) === 0) return fd;
    const failure = this.#failure("name a socket");
    this.closeSocket(fd);
    throw failure;
  }

  /** The address of a socket with a name. */
  socketAddress(name: string): SocketAddress {
    const bytes = socketAddress(name);
    return { bytes, address: this.#addressOf(bytes) };
  }

  /** Makes a socket readable, if there is one. */
  send(fd: number, { bytes, address }: SocketAddress): void {
    this.#functions.sendto(fd, this.#byteAddress, 1, SEND_FLAGS, address, bytes.length);
  }

  /** Takes one of those that were sent to a socket, which stays readable while there are more. */
  receive(fd: number): void {
    this.#functions.recv(fd, this.#byteAddress, 1, SEND_FLAGS);
  }

  closeSocket(fd: number): void {
    this.#functions.close(fd);
  }

  /** A descriptor that can be read from once a thread has ended, or its process where threads have none; -1 if it has. */
  openThread(threadId: number, processId: number): number {
    const { pidfdOpen } = this.#functions;
    const fd = pidfdOpen(SYS_PIDFD_OPEN, threadId, PIDFD_THREAD);
    return fd >= 0 ? fd : pidfdOpen(SYS_PIDFD_OPEN, processId, 0);
  }

  /** Blocks this thread until a process has ended, or for so long: for all of that where the kernel cannot tell. */
  waitForProcess(processId: number, timeoutMs: number): void {
    const { pidfdOpen, poll } = this.#functions;
    // One below 0 is passed over.
    const fd = pidfdOpen(SYS_PIDFD_OPEN, processId, 0);
    const polled = new DataView(new ArrayBuffer(8));
    polled.setInt32(0, fd, true);
    polled.setInt16(4, POLLIN, true);
    poll(polled, 1, Math.ceil(timeoutMs));
    if (fd >= 0) this.closeSocket(fd);
  }

  /**
   * Calls back whenever a descriptor can be read from. That keeps no program alive.
   *
   * From Node 25 on no microtasks run behind such a callback, so what it resolves would wait for the next event of any other
   * kind. Immediates come next in a turn of the loop, and microtasks run behind them.
   */
  whenReadable(fd: number, callback: () => void): PollHandle {
    const handle = this.#koffi.node.poll(fd, { readable: true }, () => {
      setImmediate(goOn);
      callback();
    });
    handle.unref();
    return handle;
  }

  /** Of bytes that stay where they are. A call that is given a number takes half of what one takes that is given the bytes. */
  #addressOf(view: ArrayBufferView): number {
    return Number(this.#koffi.address(view));
  }

  #setTimeout(ns: number): void {
    this.#timeout[0] = BigInt(Math.floor(ns / 1e9));
    this.#timeout[1] = BigInt(Math.floor(ns % 1e9));
  }

  #outcome(): NativeWait {
    return OUTCOMES[this.#koffi.errno()] ?? "failed";
  }

  #failure(what: string): Error {
    return new Error(`Cannot ${what}: the operating system gave error ${this.#koffi.errno()}`);
  }
}

const goOn = (): void => {};

const DEFINITIONS = {
  mmap: "uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)",
  munmap: "int munmap(uintptr_t, size_t)",
  fallocate: "int posix_fallocate(int, int64_t, int64_t)",
  fcntl: "int fcntl(int, int, void *)",
  gettid: "int gettid()",
  getAffinity: "int sched_getaffinity(int, size_t, _Out_ void *)",
  setAffinity: "int sched_setaffinity(int, size_t, void *)",
  getCpu: "int sched_getcpu()",
  futex: "long syscall(long, uintptr_t, long, uint32_t, uintptr_t, uintptr_t, long)",
  futexWake: "long syscall(long, uintptr_t, long, long)",
  futexWaitv: "long syscall(long, uintptr_t, long, long, uintptr_t, long)",
  pidfdOpen: "long syscall(long, long, long)",
  poll: "int poll(void *, unsigned long, int)",
  initAttributes: "int pthread_mutexattr_init(void *)",
  setRobust: "int pthread_mutexattr_setrobust(void *, int)",
  setShared: "int pthread_mutexattr_setpshared(void *, int)",
  initMutex: "int pthread_mutex_init(uintptr_t, void *)",
  lockMutex: "int pthread_mutex_lock(uintptr_t)",
  unlockMutex: "int pthread_mutex_unlock(uintptr_t)",
  socket: "int socket(int, int, int)",
  bind: "int bind(int, void *, uint32_t)",
  sendto: "long sendto(int, uintptr_t, size_t, int, uintptr_t, uint32_t)",
  recv: "long recv(int, uintptr_t, size_t, int)",
  close: "int close(int)",
} as const;

/** A name that is in no directory, and goes with its socket. */
function socketAddress(name: string): Uint8Array {
  const address = Buffer.from(new ArrayBuffer(3 + Buffer.byteLength(name)));
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(name, 3);
  return address;
}

let libc: Libc | undefined;

/**
 * Loads it on first use.
 *
 * @throws `SharedHeapError` where there is no such thing: not on Linux, or koffi is not installed.
 */
export function loadLibc(refuse: (why: string) => Error): Libc {
  if (libc !== undefined) return libc;
  const sysFutex = SYS_FUTEX[process.arch];
  if (process.platform !== "linux" || sysFutex === undefined) {
    throw refuse(
      `memory of several processes works on Linux, on x64, arm64, riscv64 and loong64, and this is ` +
        `${process.platform} on ${process.arch}`,
    );
  }
  let koffi: Koffi;
  try {
    koffi = loadKoffi() as Koffi;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw refuse(
      `the package koffi, which calls the operating system, cannot be loaded (${message.split("\n")[0]}); ` +
        (code === "ERR_DLOPEN_DISABLED"
          ? "run the program without --no-addons, or with --allow-addons"
          : `run: npm install koffi@^${KOFFI_VERSION}`),
    );
  }
  return (libc = new Libc(koffi, sysFutex));
}
