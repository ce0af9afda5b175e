import { type Failure, failureOf } from "./errors.ts";

/** What has failed in a group. One error that went through several, as when one awaits another, is one failure. */
export class Failures {
  readonly #list: Failure[] = [];
  readonly #errors = new Set<unknown>();

  has(error: unknown): boolean {
    return this.#errors.has(error);
  }

  add(failure: Failure): void {
    if (this.#errors.has(failure.error)) return;
    this.#errors.add(failure.error);
    this.#list.push(failure);
  }

  /** What the group throws. */
  get error(): unknown {
    return failureOf(this.#list);
  }
}
