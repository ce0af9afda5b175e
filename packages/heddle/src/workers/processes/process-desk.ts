/**
 * What a process and the one that has started it have in common: some words of a heap of their own.
 *
 * ```text
 * bytes  name      values                                          written by
 * 0      how       0: its function has not ended; a ProcessHow     the process, once, after the outcome
 * 4      outcome   address of a stored value; 0: none              the process
 * 8      reason    0; 1, or the address of a stored value: why it  who interrupts it, once
 *                  is to stop
 * 12     identity  of its thread in the heap; 0: not there yet     the process, once
 * ```
 *
 * @packageDocumentation
 */
export const HOW = 0;
export const OUTCOME = 4;
export const REASON = 8;
export const IDENTITY = 12;
export const DESK_BYTES = 16;

/** How the function of a process ended. */
export const ProcessHow = { RETURNED: 1, THREW: 2 } as const;

/** In the word of the reason: there is none that travels. */
export const NO_REASON = 1;

/** What a process is given to do. */
export interface ProcessTask {
  readonly name: string;
  readonly desk: number;
  /** Where its function, its arguments and the values of context variables are stored. */
  readonly call: number;
}
