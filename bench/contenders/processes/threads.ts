/** Heddle's lock between threads. */
import { Lock } from "heddle";
import type { ProcessSubject } from "./subject.ts";

export function open(): ProcessSubject {
  const lock = new Lock();
  return {
    enter(times) {
      for (let i = 0; i < times; i++) lock.acquireSync().release();
    },
    close: async () => {},
  };
}
