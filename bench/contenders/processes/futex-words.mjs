/** Words of a file that processes map, and waits for them. */
import { constants, ftruncateSync, openSync, unlinkSync } from "node:fs";
import koffi from "koffi";

const FUTEX = process.arch === "x64" ? 202 : 98;

/**
 * @param {string} path
 * @param {boolean} isNew
 */
export function futexWords(path, isNew) {
  const c = koffi.load(null);
  const mmap = c.func("uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)");
  const futex = c.func("long syscall(long, uintptr_t, long, uint32_t, void *, uintptr_t, long)");
  const fd = openSync(path, constants.O_RDWR | (isNew ? constants.O_CREAT : 0), 0o600);
  if (isNew) ftruncateSync(fd, 4096);
  const base = mmap(0, 4096, 3, 1, fd, 0);
  const words = new Int32Array(koffi.view(BigInt(base), 4096));
  // On a cache line of its own each.
  const at = (/** @type {number} */ word) => 16 * word;
  return {
    /** @param {number} word @param {number} value */
    set(word, value) {
      Atomics.store(words, at(word), value);
      futex(FUTEX, base + 4 * at(word), 1, 1, null, 0, 0);
    },
    /** @param {number} word @param {number} value */
    await(word, value) {
      for (
        let found = Atomics.load(words, at(word));
        found !== value;
        found = Atomics.load(words, at(word))
      ) {
        futex(FUTEX, base + 4 * at(word), 0, found >>> 0, null, 0, 0);
      }
    },
    remove: () => unlinkSync(path),
  };
}
