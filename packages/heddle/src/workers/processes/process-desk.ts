/**
 * What a process and the one that has started it have in common: some words of a heap of their own.
 *
 * ```text
 * bytes  name      values                                               written by
 * 0      how       0: its function has not ended; a ProcessHow          the process, once, after the outcome
 * 4      outcome   address of a stored value; 0: none;                  the process
 *                  for SAID how many bytes the text of a value has,
 *                  which stands where that of the call stood
 * 8      reason    0; 1, or the address of a stored value: why it       who interrupts it, once
 *                  is to stop
 * ```
 *
 * @packageDocumentation
 */
export const HOW = 0;
export const OUTCOME = 4;
export const REASON = 8;
export const DESK_BYTES = 12;

/** How the function of a process ended. SAID: it returned, and what it gave is written as text. */
export const ProcessHow = { RETURNED: 1, THREW: 2, SAID: 3 } as const;

/** In the word of the reason: there is none that travels. */
export const NO_REASON = 1;

/** What a process is given to do. */
export interface ProcessTask {
  readonly name: string;
  readonly desk: number;
  /** Where its function, its arguments and the values of context variables are stored. */
  readonly call: number;
}

/** What a process is given to do that can be said in text. */
export interface PlainTask extends Omit<ProcessTask, "call"> {
  /** Where the text of its function and its arguments stands, and in its place that of what the function gives. */
  readonly text: number;
  readonly sizeBytes: number;
  /** So many bytes there may be written. */
  readonly room: number;
}
