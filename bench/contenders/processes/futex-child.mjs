/** The other side of `futex.ts`. */
import { futexWords } from "./futex-words.mjs";

const [path, rounds] = process.argv.slice(2);
const words = futexWords(path, false);
process.stdout.write("ready\n");
for (let i = 0; i <= Number(rounds); i++) {
  words.await(0, i + 1);
  words.set(1, i + 1);
}
