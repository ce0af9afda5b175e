import { type Failure, failureOf } from "./errors.ts";

/** What has failed in a group. One error that went through several, as when one awaits another, is one failure. */
export class Failures {
  readonly #list: Failure[] = [];
  readonly #errors = new Set<unknown>();

  has(error: unknown): boolean {
    return this.#errors.has(error);
  }

  add(failure: Failure): void {
    const { task, error } = failure;
    // Two tasks may throw equal primitives, each its own. The body passes on what it awaits.
    const isOne = task === undefined || typeof error === "object" || typeof error === "function";
    if (isOne && this.#errors.has(error)) return;
    this.#errors.add(error);
    this.#list.push(failure);
  }

  /** What the group throws. */
  get error(): unknown {
    return failureOf(this.#list);
  }
}
