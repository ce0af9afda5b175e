/**
 * Writes `numbers.txt` and `large-numbers.txt` beside this file: the same integers on every run.
 *
 * Run by `node examples/data/generate.ts`. It prints how many divisions each file takes, as that, unlike a
 * time, does not depend on the machine.
 *
 * @packageDocumentation
 */
import { writeFileSync } from "node:fs";
import { primeFactors } from "../prime-factors.ts";

interface NumberFile {
  name: string;
  count: number;
  smallest: number;
  largest: number;
  seed: number;
}

const FILES: readonly NumberFile[] = [
  { name: "numbers.txt", count: 10_000, smallest: 20_000, largest: 100_000_000, seed: 20_000 },
  { name: "large-numbers.txt", count: 16_000, smallest: 2, largest: 1e14, seed: 1e14 },
];

for (const file of FILES) {
  const numbers = integers(file);
  writeFileSync(new URL(file.name, import.meta.url), `${numbers.join("\n")}\n`);

  const divisions = numbers.reduce((sum, n) => sum + divisionsFor(n), 0);
  console.log(`${file.name}: ${file.count} integers, ${(divisions / 1e6).toFixed(0)} million divisions`);
}

/** Draws integers from `smallest` … `largest`, each as likely as any other. */
function integers({ count, smallest, largest, seed }: NumberFile): number[] {
  const random = generator(seed);
  return Array.from({ length: count }, () => smallest + Math.floor(random() * (largest - smallest + 1)));
}

/** A stream of numbers in [0, 1) with 53 random bits, from two draws of mulberry32 (T. Ettinger, 2017). */
function generator(seed: number): () => number {
  let state = seed | 0;
  const draw = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return () => ((draw() >>> 5) * 2 ** 26 + (draw() >>> 6)) / 2 ** 53;
}

/** How many divisors the trial division of `n` tries: up to its second largest factor, or the root of what is left. */
function divisionsFor(n: number): number {
  const factors = primeFactors(n);
  const last = factors.at(-1) ?? 1;
  const secondLast = factors.at(-2) ?? 1;
  return Math.max(secondLast, Math.sqrt(last)) / 2 + factors.length;
}
