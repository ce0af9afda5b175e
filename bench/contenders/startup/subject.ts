/** What a contender of the startup suite does. */
import type { Summary } from "./module.ts";

export interface StartupSubject {
  /** Starts a worker, and has it do its first task by a module that it imports. */
  first(numbers: readonly number[]): Promise<Summary>;
  close(): Promise<unknown>;
}
