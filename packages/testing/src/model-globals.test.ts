/** Code on the global `Atomics` is checked as it is. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type CheckOptions, ModelFailure } from "./index.ts";

function failureOf(program: Parameters<typeof check>[0], options?: CheckOptions): ModelFailure {
  try {
    check(program, options);
  } catch (error) {
    if (error instanceof ModelFailure) return error;
    throw error;
  }
  throw new Error("nothing was found");
}

const FREE = 0;
const HELD = 1;
const CONTENDED = 2;

/** U. Drepper's mutex, as a program would have it: it knows of no checker. */
class Mutex {
  readonly words = new Int32Array(new SharedArrayBuffer(4));

  lock(): void {
    if (Atomics.compareExchange(this.words, 0, FREE, HELD) === FREE) return;
    while (Atomics.exchange(this.words, 0, CONTENDED) !== FREE) Atomics.wait(this.words, 0, CONTENDED);
  }

  /** Gives whether the lock was taken in time. */
  lockWithin(timeoutMs: number): boolean {
    const deadline = performance.now() + timeoutMs;
    if (Atomics.compareExchange(this.words, 0, FREE, HELD) === FREE) return true;
    while (Atomics.exchange(this.words, 0, CONTENDED) !== FREE) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      Atomics.wait(this.words, 0, CONTENDED, left);
    }
    return true;
  }

  unlock(): void {
    if (Atomics.exchange(this.words, 0, FREE) === CONTENDED) Atomics.notify(this.words, 0, 1);
  }
}

/** Forgets that there may be sleepers. */
class HastyMutex extends Mutex {
  override lock(): void {
    while (Atomics.compareExchange(this.words, 0, FREE, HELD) !== FREE) Atomics.wait(this.words, 0, HELD);
  }
}

function counting(kind: new () => Mutex) {
  return () => {
    const mutex = new kind();
    const count = new Int32Array(new SharedArrayBuffer(8));
    const body = (): void => {
      mutex.lock();
      count[1]!++;
      mutex.unlock();
    };
    return { threads: [body, body], atEnd: () => assert.equal(count[1], 2) };
  };
}

describe("check(), for code on the global Atomics", () => {
  test("finds nothing wrong with a correct mutex, and the lost wake-up of a wrong one", () => {
    assert.ok(check(counting(Mutex)).complete);
    const failure = failureOf(counting(HastyMutex));
    assert.equal(failure.kind, "lost wake-up");
    assert.match(failure.trace, /model-globals\.test\.ts:\d+ (HastyMutex\.)?lock/);
    assert.equal(failureOf(counting(HastyMutex), { replay: failure.schedule }).kind, "lost wake-up");
  });

  test("finds elements that are accessed without Atomics by two threads at once", () => {
    const failure = failureOf(() => {
      const words = new Uint32Array(new SharedArrayBuffer(4));
      const increment = (): void => void words[0]!++;
      return [increment, increment];
    });
    assert.equal(failure.kind, "data race");
  });

  test("finds the lost update of two threads that load and then store", () => {
    const failure = failureOf(() => {
      const words = new Int32Array(new SharedArrayBuffer(4));
      const increment = (): void => void Atomics.store(words, 0, Atomics.load(words, 0) + 1);
      return { threads: [increment, increment], atEnd: () => assert.equal(Atomics.load(words, 0), 2) };
    });
    assert.match(failure.message, /1 !== 2/);
  });

  test("lets code that computes deadlines run out of time at any of its waits, and at no other moment", () => {
    const ends = new Set<string>();
    check(() => {
      const mutex = new Mutex();
      return {
        threads: [
          () => {
            const isLocked = mutex.lockWithin(50);
            if (isLocked) mutex.unlock();
            return isLocked;
          },
          () => {
            mutex.lock();
            mutex.unlock();
          },
        ],
        atEnd: ([isLocked]) => ends.add(String(isLocked)),
      };
    });
    assert.deepEqual([...ends].sort(), ["false", "true"]);
  });

  test("computes as Atomics does, on words with a sign and without", () => {
    check(() => {
      const buffer = new SharedArrayBuffer(16);
      const [signed, unsigned] = [new Int32Array(buffer, 4), new Uint32Array(buffer, 4)];
      return [
        () => {
          assert.equal(Atomics.store(signed, 0, 7.5), 7);
          assert.equal(Atomics.sub(signed, 0, 8), 7);
          assert.equal(Atomics.load(signed, 0), -1);
          assert.equal(Atomics.load(unsigned, 0), 2 ** 32 - 1);
          assert.equal(Atomics.xor(unsigned, 0, 1), 2 ** 32 - 1);
          assert.equal(Atomics.and(signed, 0, 6), -2);
          assert.equal(Atomics.or(signed, 0, 1), 6);
          assert.equal(Atomics.compareExchange(unsigned, 0, 7, 2 ** 31), 7);
          assert.equal(Atomics.exchange(unsigned, 0, 1), 2 ** 31);
          assert.equal(Atomics.notify(signed, 0), 0);
          assert.deepEqual(Atomics.waitAsync(signed, 0, 5), { async: false, value: "not-equal" });
        },
      ];
    });
  });

  test("gives arrays that can be used as arrays", () => {
    check(() => {
      const words = new Int32Array(new SharedArrayBuffer(16));
      words.set([1, 2], 1);
      words[3] = 3.7;
      assert.deepEqual([...words], [0, 1, 2, 3]);
      assert.deepEqual([words.length, words.byteLength, words.byteOffset], [4, 16, 0]);
      assert.deepEqual([...words.subarray(-2), words[4]], [2, 3, undefined]);
      assert.equal(words.indexOf(2), 2);
      assert.ok(words instanceof Int32Array && words.buffer instanceof SharedArrayBuffer);
      assert.deepEqual([...new Int32Array([1, 2])], [1, 2]);
      return [];
    });
  });

  test("says what it cannot follow", () => {
    const outside = new Int32Array(new SharedArrayBuffer(4));
    assert.throws(() => check(() => [() => Atomics.load(outside, 0)]), /made outside of check\(\)/);
    assert.throws(
      () => check(() => [() => new Uint8Array(new SharedArrayBuffer(4))]),
      /Cannot model a Uint8Array on shared memory/,
    );
    assert.throws(() => check(() => (new SharedArrayBuffer(4, { maxByteLength: 8 }), [])), /can grow/);
    assert.throws(() => check(() => (new Int32Array(new SharedArrayBuffer(6)), [])), RangeError);
    assert.throws(() => {
      check(() => {
        const words = new Int32Array(new SharedArrayBuffer(4));
        return [() => Atomics.load(words, 1)];
      });
    }, /Cannot access element 1: the array has 1/);
  });

  test("leaves the globals as they were, also when it has found something", () => {
    const before = [Atomics.load, SharedArrayBuffer, Int32Array, Uint8Array, Date.now];
    failureOf(counting(HastyMutex));
    assert.deepEqual([Atomics.load, SharedArrayBuffer, Int32Array, Uint8Array, Date.now], before);
    assert.ok(!Object.hasOwn(performance, "now") && performance.now() > 0);
  });
});

describe("check(), for threads that spin", () => {
  test("takes no more states for a spin that turns more often", () => {
    const states = [4, 20].map((patience) => {
      const program = () => {
        const words = new Int32Array(new SharedArrayBuffer(8));
        const enter = (): void => {
          while (Atomics.exchange(words, 0, 1) !== 0) Atomics.pause();
          words[1]!++;
          Atomics.store(words, 0, 0);
        };
        return { threads: [enter, enter, enter], atEnd: () => assert.equal(words[1], 3) };
      };
      return check(program, { patience }).states;
    });
    assert.equal(states[0], states[1]);
  });

  test("lets a spin give up at any moment when its turns are within its patience", () => {
    const seen = (tries: number): string[] => {
      const ends = new Set<string>();
      check(() => {
        const words = new Int32Array(new SharedArrayBuffer(8));
        const spin = (): string => {
          for (let turn = 0; turn < tries; turn++) {
            if (Atomics.load(words, 0) === 1) return "found";
            Atomics.pause();
          }
          return Atomics.load(words, 0) === 1 ? "found late" : "gave up";
        };
        return { threads: [spin, () => Atomics.store(words, 0, 1)], atEnd: ([end]) => ends.add(String(end)) };
      });
      return [...ends].sort();
    };
    assert.deepEqual(seen(3), ["found", "found late", "gave up"]);
    assert.deepEqual(seen(30), ["found"]);
  });

  test("takes a loop that counts its turns in the heap for no livelock", () => {
    const result = check(() => {
      const words = new Int32Array(new SharedArrayBuffer(8));
      const spin = (): void => {
        while (Atomics.load(words, 0) === 0) {
          Atomics.add(words, 1, 1);
          Atomics.pause();
        }
      };
      return [spin, spin, () => Atomics.store(words, 0, 1)];
    });
    assert.ok(result.complete);
  });
});
