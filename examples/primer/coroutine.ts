/**
 * Coroutines that sleep and print.
 *
 * Shows: a group of tasks that ends when all of them have; a limit on the whole; sleeping, which keeps no thread busy.
 *
 * `npm run example -- primer/coroutine`
 */
import { sleep, taskGroup, withTimeout } from "heddle";

async function say(after: number, words: string, print: (words: string) => void): Promise<void> {
  await sleep(after);
  print(words);
}

export async function main(print: (words: string) => void): Promise<void> {
  await withTimeout(5000, () =>
    taskGroup(async (group) => {
      group.spawn(() => say(40, "world", print));
      group.spawn(() => say(20, "hello", print));
      print("both sleep");
    }),
  );
  print("both are done");
}

if (import.meta.main) await main((words) => process.stdout.write(`${words}\n`));
