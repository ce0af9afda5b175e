/** A module in TypeScript that a worker imports for its first task. `module.mjs` is the same without its types. */

/** Figures about some numbers. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
}

export function summarise(numbers: readonly number[]): Summary {
  const count = numbers.length;
  const mean = numbers.reduce((sum, number): number => sum + number, 0) / count;
  const squares = numbers.reduce((sum: number, number: number): number => sum + (number - mean) ** 2, 0);
  return { count, mean, deviation: Math.sqrt(squares / count) };
}
