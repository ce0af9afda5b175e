/**
 * The end of a process with the one that has started it.
 *
 * @packageDocumentation
 */
import { loadKoffi } from "./load-koffi.ts";

/** What this file uses of koffi. */
interface Koffi {
  load(path: null): { func(definition: string): (...args: readonly number[]) => number };
}

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/** Ends this process, whatever it does, when the thread has ended that started it. Throws what Node does where koffi is not there. */
export function dieWithParent(): void {
  const prctl = (loadKoffi() as Koffi).load(null).func("int prctl(int, unsigned long)");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}
