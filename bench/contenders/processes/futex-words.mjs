/** Words of a file that processes map, and waits for them. */
import { constants, ftruncateSync, openSync, unlinkSync } from "node:fs";
import koffi from "koffi";

const FUTEX = process.arch === "x64" ? 202 : 98;

/**
 * @param {string} path
 * @param {boolean} isNew
 * @param {number} bytes
 */
export function futexWords(path, isNew, bytes = 4096) {
  const c = koffi.load(null);
  const mmap = c.func("uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)");
  const futex = c.func("long syscall(long, uintptr_t, long, uint32_t, void *, uintptr_t, long)");
  const fd = openSync(path, constants.O_RDWR | (isNew ? constants.O_CREAT : 0), 0o600);
  if (isNew) ftruncateSync(fd, bytes);
  const base = mmap(0, bytes, 3, 1, fd, 0);
  const memory = koffi.view(BigInt(base), bytes);
  const words = new Int32Array(memory);
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
    memory,
    /** How the sides of a ring in this memory sleep. */
    sleep: {
      /** @param {Int32Array} _words @param {number} word @param {number} expected */
      wait(_words, word, expected) {
        futex(FUTEX, base + 4 * word, 0, expected >>> 0, null, 0, 0);
      },
      /** @param {Int32Array} _words @param {number} word */
      wake(_words, word) {
        futex(FUTEX, base + 4 * word, 1, 1, null, 0, 0);
      },
    },
    remove: () => unlinkSync(path),
  };
}
