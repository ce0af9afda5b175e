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

/** Class by size in grains: the smallest class that holds it. */
const classOfGrains = new Uint8Array(LARGEST_CLASS_BYTES / GRAIN + 1);
for (let grains = 0, sizeClass = 0; grains < classOfGrains.length; grains++) {
  if (grains * GRAIN > sizes[sizeClass]!) sizeClass++;
  classOfGrains[grains] = sizeClass;
}

/** The smallest class whose blocks hold `sizeBytes` (at most {@link LARGEST_CLASS_BYTES}). */
export function classFor(sizeBytes: number): number {
  return classOfGrains[(sizeBytes + GRAIN - 1) >>> 4]!;
}
