/**
 * Which sizes blocks come in: steps of 16 bytes up to 128, then four to a doubling, so that less than a fifth of a
 * block is waste.
 */

const GRAIN = 16;

/** Blocks above this size get a span of pages of their own. */
export const LARGEST_CLASS_BYTES = 16384;

const sizes: number[] = [];
for (let size = GRAIN; size <= 128; size += GRAIN) sizes.push(size);
for (let base = 128; base < LARGEST_CLASS_BYTES; base *= 2) {
  for (let quarter = 1; quarter <= 4; quarter++) sizes.push(base + (base / 4) * quarter);
}

/** Block size in bytes, by class. */
export const CLASS_BYTES: readonly number[] = sizes;

/** The smallest class whose blocks hold `sizeBytes` (at most {@link LARGEST_CLASS_BYTES}). */
export function classFor(sizeBytes: number): number {
  if (sizeBytes <= 128) return Math.max(0, ((sizeBytes + GRAIN - 1) >>> 4) - 1);
  const last = sizeBytes - 1;
  const doubling = 31 - Math.clz32(last);
  return 8 + 4 * (doubling - 7) + ((last >>> (doubling - 2)) & 3);
}
