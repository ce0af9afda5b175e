/**
 * What can stand at the address of a shared object. The numbers are in the heap, where all threads read them: one is
 * never given another meaning, and another layout of the same thing is another number.
 *
 * @packageDocumentation
 */
export const ObjectKind = {
  LOCK: 1,
  RLOCK: 2,
  SEMAPHORE: 3,
  BOUNDED_SEMAPHORE: 4,
  CONDITION: 5,
  EVENT: 6,
  BARRIER: 7,
  READ_WRITE_LOCK: 8,
  LATCH: 9,
  ONCE: 10,
  QUEUE: 11,
  LIFO_QUEUE: 12,
  PRIORITY_QUEUE: 13,
  CHANNEL: 14,
  THREAD: 40,
  THREAD_LOCAL: 41,
  /** No class: all threads of the process. */
  ROSTER: 0xffd,
  /** No class: the names of a heap. */
  DIRECTORY: 0xffe,
  /** No class: stands for shared memory that a thread keeps for a message. */
  KEPT_BUFFERS: 0xfff,
  /** From here on: kinds that only tests have. */
  FIRST_OF_TESTS: 0x1000,
} as const;
