/**
 * Claims: how many threads and messages hold something in the heap that all of them share.
 *
 * Whatever can be held has its count of claims in its second word. A claim is written down as one word: the address of
 * what is held, a multiple of 16, with its kind in the lowest bits.
 *
 * - C1: only who holds a claim, or reads a message that holds one, takes up another. So a count that has come to 0
 *   stays there, and whoever brought it there is alone with what it counted.
 * - C2: a claim is given up once. In doubt (its holder died in the middle) not at all: a leak, but nothing is freed
 *   under anybody's hands.
 *
 * @packageDocumentation
 */
import type { Heap, Words } from "./heap.ts";

/** Where the count of claims stands in whatever can be held. */
export const CLAIMS = 4;

/** What can be held. */
export const HeldKind = {
  /** The record of a function, or of something that functions use. */
  RECORD: 1,
  /** A shared object. */
  OBJECT: 2,
} as const;
export type HeldKind = (typeof HeldKind)[keyof typeof HeldKind];

const KIND_MASK = 15;

type Release = (heap: Heap, address: number) => void;

const releases = new Map<number, Release>();

/** Says how a claim on things of one kind is given up. */
export function releaseBy(kind: HeldKind, release: Release): void {
  releases.set(kind, release);
}

/** The word that stands for a claim. */
export function claimOn(kind: HeldKind, address: number): number {
  return address | kind;
}

/** C1. Takes up a claim. */
export function takeClaim(words: Words, claim: number): void {
  words.add((claim & ~KIND_MASK) + CLAIMS, 1);
}

/** C2. Gives a claim up. A thread that knows nothing of its kind leaves it. */
export function giveUpClaim(heap: Heap, claim: number): void {
  releases.get(claim & KIND_MASK)?.(heap, (claim & ~KIND_MASK) >>> 0);
}
