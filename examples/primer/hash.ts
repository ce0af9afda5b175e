/**
 * SHA-384 sums in a process of its own, and in a pool of threads.
 *
 * Shows: the same function on both, as it is: its import travels with it. A process shares nothing with this one: what it
 * does, it can only do to itself.
 *
 * `npm run example -- primer/hash [words…]`
 */
import { createHash } from "node:crypto";
import { ProcessPoolExecutor, ThreadPoolExecutor } from "heddle";

export function sha384(text: string): string {
  return createHash("sha384").update(text).digest("hex");
}

export async function main(words: readonly string[]): Promise<string[]> {
  await using process = new ProcessPoolExecutor({ maxWorkers: 1 });
  await using pool = new ThreadPoolExecutor();
  const first = process.submit(sha384, words[0]!);
  const all = pool.map(sha384, words);
  return [`in a process: ${await first}`, ...(await all.toArray()).map((sum, i) => `${words[i]}: ${sum}`)];
}

if (import.meta.main) {
  const words = process.argv.slice(2);
  const lines = await main(words.length > 0 ? words : ["warp", "weft", "heddle"]);
  process.stdout.write(`${lines.join("\n")}\n`);
}
