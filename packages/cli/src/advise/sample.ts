/**
 * Some items of an input, each as likely as any other, and how many there are.
 *
 * Source: J. S. Vitter, "Random Sampling with a Reservoir" (1985), algorithm R.
 *
 * @packageDocumentation
 */
import type { Source } from "../inputs/source.ts";

/** So many tell what the others are like. */
const SAMPLE_ITEMS = 1000;
/** And no more bytes of the input than this, by what its items take on average. */
const SAMPLE_BYTES = 64 * 2 ** 20;

/** What an input is like. */
export interface Sample {
  readonly items: readonly unknown[];
  /** Items of the whole input. */
  readonly total: number;
}

/** Reads a source to its end, and keeps a sample of it. */
export async function takeSample(
  source: Pick<Source, "batches">,
  random: () => number = Math.random,
): Promise<Sample> {
  const items: unknown[] = [];
  let most = SAMPLE_ITEMS;
  let total = 0;
  let bytes = 0;
  for await (const batch of source.batches) {
    bytes += batch.bytes;
    for (const item of batch.items) {
      total++;
      const place = items.length < most ? items.length : Math.floor(random() * total);
      if (place < most) items[place] = item;
    }
    most = Math.min(most, Math.max(1, Math.floor(SAMPLE_BYTES / Math.max(1, bytes / total))));
    // Those that go are any: the first ones stand in front.
    while (items.length > most) items.splice(Math.floor(random() * items.length), 1);
  }
  return { items, total };
}
