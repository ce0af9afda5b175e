/** What a model checker can find. */
export type FindingKind =
  /** A thread threw, or the check at the end did. */
  | "assertion"
  /** The invariant threw in the middle. */
  | "invariant"
  /** Some threads wait, and no other is left to wake them. */
  | "deadlock"
  /** The same, and the word that one of them waits on has changed since: a wake-up was due. */
  | "lost wake-up"
  /** More steps than allowed, and no end. */
  | "livelock"
  /** Two threads access a word, at least one of them plainly and one writing, and nothing orders the two. */
  | "data race"
  /** An access outside the heap's pages and blocks, or to half a word; or what is no block was given back. */
  | "stray access"
  /** A read of a word of a block to which nothing was written since the block was taken. */
  | "unwritten word"
  /** An access to a block that was given back, or that another thread may give back at the same time. */
  | "use after free"
  | "double free"
  /** The model heap has no room for a block. */
  | "out of memory"
  /** A thread did something else when it was run again. */
  | "not repeatable"
  /** More states than allowed. Nothing was found until then. */
  | "too large";

/** Something found, before it is known how it came about. */
export class Finding extends Error {
  readonly kind: FindingKind;

  constructor(kind: FindingKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
