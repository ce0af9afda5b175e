/**
 * The file behind a heap that processes share: made, found, checked, given up.
 *
 * @packageDocumentation
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { FRONTIER_WORD, leaseWord, MAX_ARENAS, PAGE_BYTES, SERIAL_WORD, VERSION_WORD } from "./layout.ts";
import { type Libc, loadLibc } from "./native/libc.ts";
import {
  COMMITTED_WORD,
  FIRST_PAGE,
  ID,
  ID_BYTES,
  LIMIT_WORD,
  MIN_PAGES,
  SEGMENT_MAGIC,
  SEGMENT_VERSION,
} from "./segment-layout.ts";
import { SharedHeapError } from "./shared-heap-error.ts";

/** In memory, and gone with the next start of the machine. */
const DIRECTORY = "/dev/shm";
const PREFIX = "heddle-";
/** A file that is not whole yet has the number of its process behind this. */
const DRAFT = "~";

/** Bytes of the file that are locked: by whoever has it open. */
const OPEN_LOCK = 0;

/** Of a file that has no name. */
const O_TMPFILE = 0x410000;
const READ_WRITE: number = constants.O_RDWR | constants.O_NOFOLLOW;

const NEW: number = READ_WRITE | constants.O_CREAT | constants.O_EXCL;

const HEADER_BYTES = 64;

/** A look at a file for leftovers takes far less. */
const PATIENCE_MS = 2000;

/** A file that is open, and known to be a heap. */
export interface Segment {
  readonly libc: Libc;
  readonly fd: number;
  readonly sizeBytes: number;
  /** No two heaps have the same. */
  readonly id: string;
}

const pathOf = (name: string): string => `${DIRECTORY}/${PREFIX}${name}`;

/**
 * Makes a file for a new heap.
 *
 * @param name - `undefined` for a file without a name: it is found by its descriptor alone, and goes with the last one.
 * @throws `SharedHeapError` when there is one of that name, or no room.
 */
export function createSegment(name: string | undefined, sizeBytes: number): Segment {
  const doing = `create ${called(name)}`;
  const libc = libcFor(doing);
  const path = name === undefined ? undefined : pathOf(name);
  const draft = `${path}${DRAFT}${process.pid}-${random(4).toString("hex")}`;
  const fd = openNew(path && draft, libc, doing);
  try {
    const segment = begin(libc, fd, sizeBytes, doing);
    // Others find it only now, when it is whole.
    if (path !== undefined) linkSync(draft, path);
    return segment;
  } catch (error) {
    closeSync(fd);
    if (codeOf(error) !== "EEXIST") throw error;
    throw refusal(doing, `there is one of that name; open it, or unlink it first`);
  } finally {
    if (path !== undefined) unlinkSync(draft);
  }
}

/** @param draft - `undefined` for a file without a name. */
function openNew(draft: string | undefined, libc: Libc, doing: string): number {
  try {
    if (draft === undefined) return openSync(DIRECTORY, constants.O_RDWR | O_TMPFILE, 0o600);
    sweep(libc);
    return openSync(draft, NEW, 0o600);
  } catch (error) {
    throw refusal(doing, `no file can be made in ${DIRECTORY} (${(error as Error).message})`);
  }
}

/** Opens the file of a heap. Throws `SharedHeapError` when there is none of that name, or it is not whole. */
export function openSegment(name: string): Segment {
  const doing = `open ${called(name)}`;
  const libc = libcFor(doing);
  const path = pathOf(name);
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const fd = openExisting(path, doing);
    try {
      // Else somebody is looking at it who takes it for a leftover.
      if (libc.tryLock(fd, OPEN_LOCK, false) && isStill(fd, path)) return checked(libc, fd, doing);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
    if (performance.now() > end) throw refusal(doing, "another process does not let go of it");
  }
}

/**
 * The heap of a descriptor that a process has open: by default this one, which has inherited it.
 *
 * @throws `SharedHeapError` when it is no heap, and what opening it throws.
 */
export function segmentOf(fd: number, processId: number | "self" = "self"): Segment {
  const doing = `open the shared heap of descriptor ${fd}`;
  const libc = libcFor(doing);
  // A descriptor of its own: locks go by what was opened.
  const own = openSync(`/proc/${processId}/fd/${fd}`, constants.O_RDWR);
  try {
    libc.tryLock(own, OPEN_LOCK, false);
    return checked(libc, own, doing);
  } catch (error) {
    closeSync(own);
    throw error;
  }
}

/** Removes the name of a heap: those who have it open keep it. Throws `SharedHeapError` when there is none. */
export function unlinkSegment(name: string): void {
  try {
    unlinkSync(pathOf(name));
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    throw refusal(`unlink ${called(name)}`, "there is none of that name");
  }
}

/** Throws `TypeError` or `RangeError` when no heap can have a name. */
export function checkName(name: unknown): string {
  if (typeof name !== "string")
    throw new TypeError(`Cannot name a shared heap: its name must be a string, and is ${String(name)}`);
  const found = JSON.stringify(name);
  if (name === "" || name.includes("\0") || name.includes("/") || name.includes(DRAFT)) {
    throw new RangeError(
      `Cannot name a shared heap ${found}: a name is not empty, and has no "/", "${DRAFT}" or NUL in it`,
    );
  }
  if (Buffer.byteLength(name) > LONGEST_NAME_BYTES) {
    throw new RangeError(
      `Cannot name a shared heap ${found}: a name has ${LONGEST_NAME_BYTES} bytes at most`,
    );
  }
  return name;
}

/** With what is put around it, file names have 255 at most. */
const LONGEST_NAME_BYTES = 220;

/** Gives whole pages. Throws `TypeError` or `RangeError` for a size that no heap can have. */
export function checkSize(sizeBytes: unknown): number {
  if (typeof sizeBytes !== "number") {
    throw new TypeError(
      `Cannot create a shared heap: sizeBytes must be a number, and is ${String(sizeBytes)}`,
    );
  }
  const pages = Math.ceil(sizeBytes / PAGE_BYTES);
  if (!(sizeBytes > 0) || !Number.isInteger(sizeBytes) || pages > PAGE_BYTES) {
    throw new RangeError(
      `Cannot create a shared heap: sizeBytes must be a whole number, above 0 and at most 4 GiB, and is ${sizeBytes}`,
    );
  }
  return PAGE_BYTES * Math.max(pages, MIN_PAGES);
}

/** Writes what a new heap begins with. */
function begin(libc: Libc, fd: number, sizeBytes: number, doing: string): Segment {
  libc.tryLock(fd, OPEN_LOCK, false);
  ftruncateSync(fd, sizeBytes);
  if (!libc.reserve(fd, 0, PAGE_BYTES * FIRST_PAGE)) throw refusal(doing, `${DIRECTORY} is full`);
  const id = random(ID_BYTES);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(SEGMENT_MAGIC, 0);
  header.writeInt32LE(SEGMENT_VERSION, VERSION_WORD);
  header.writeInt32LE(FIRST_PAGE, FRONTIER_WORD);
  header.writeInt32LE(1, SERIAL_WORD);
  header.writeInt32LE(FIRST_PAGE, COMMITTED_WORD);
  header.writeInt32LE(sizeBytes / PAGE_BYTES, LIMIT_WORD);
  id.copy(header, ID);
  writeSync(fd, header, 0, HEADER_BYTES, 0);
  return { libc, fd, sizeBytes, id: id.toString("hex") };
}

/** Throws unless the file is a heap, whole, of this version and this user. */
function checked(libc: Libc, fd: number, doing: string): Segment {
  const { size, uid } = fstatSync(fd);
  const header = Buffer.alloc(HEADER_BYTES);
  const length = readSync(fd, header, 0, HEADER_BYTES, 0);
  const own = process.geteuid!();
  if (uid !== own && own !== 0) throw refusal(doing, `it belongs to another user (${uid})`);
  if (length < HEADER_BYTES || header.readInt32LE(0) !== SEGMENT_MAGIC)
    throw refusal(doing, "its file is no shared heap");
  const version = header.readInt32LE(VERSION_WORD);
  if (version !== SEGMENT_VERSION) {
    throw refusal(
      doing,
      `it has layout version ${version}, and this copy of heddle knows version ${SEGMENT_VERSION}; use one version of ` +
        `heddle in all programs that share it`,
    );
  }
  const wanted = PAGE_BYTES * header.readInt32LE(LIMIT_WORD);
  if (size !== wanted) throw refusal(doing, `its file has ${size} bytes, and should have ${wanted}`);
  return { libc, fd, sizeBytes: size, id: header.toString("hex", ID, ID + ID_BYTES) };
}

/**
 * Removes the files of heaps that nobody has open, and that processes have left by dying: what was left in order stays,
 * for others to open.
 */
function sweep(libc: Libc): void {
  for (const file of readdirSync(DIRECTORY)) {
    if (!file.startsWith(PREFIX)) continue;
    const path = `${DIRECTORY}/${file}`;
    quietly(() => {
      const fd = openSync(path, READ_WRITE);
      try {
        if (libc.tryLock(fd, OPEN_LOCK, true) && isLeftover(fd, file) && isStill(fd, path)) unlinkSync(path);
      } finally {
        closeSync(fd);
      }
    });
  }
}

/** Somebody sits in it still, and nobody has it open. */
function isLeftover(fd: number, file: string): boolean {
  if (file.includes(DRAFT)) return true;
  const words = Buffer.alloc(leaseWord(MAX_ARENAS));
  if (readSync(fd, words, 0, words.length, 0) < words.length || words.readInt32LE(0) !== SEGMENT_MAGIC)
    return false;
  for (let seat = 0; seat < MAX_ARENAS; seat++) if (words.readInt32LE(leaseWord(seat)) !== 0) return true;
  return false;
}

function openExisting(path: string, doing: string): number {
  try {
    return openSync(path, READ_WRITE);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") throw refusal(doing, "there is none of that name");
    if (code === "EACCES" || code === "EPERM") throw refusal(doing, "it belongs to another user");
    if (code === "ELOOP") throw refusal(doing, "its file is no shared heap");
    throw error;
  }
}

/** Whether a path leads to what is open. */
function isStill(fd: number, path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.ino === fstatSync(fd).ino;
}

const called = (name: string | undefined): string =>
  name === undefined ? "a shared heap" : `shared heap ${JSON.stringify(name)}`;

const libcFor = (doing: string): Libc => loadLibc((why) => refusal(doing, why));

const refusal = (doing: string, why: string): SharedHeapError =>
  new SharedHeapError(`Cannot ${doing}: ${why}`);

/** Without loading what else Node knows of cryptography: whoever uses threads loads this file, too. */
const random = (bytes: number): Buffer => crypto.getRandomValues(Buffer.alloc(bytes));

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // It has gone meanwhile, or is somebody else's.
  }
}
