/** The other side of `ring.ts`. */
import { Ring, SIDE_BYTES } from "../queues/ring.ts";
import { futexWords } from "./futex-words.mjs";
import { RING_CAPACITY } from "./ring.ts";

const [path, values] = process.argv.slice(2);
const { memory, sleep } = futexWords(path!, false, SIDE_BYTES);
const ring = new Ring(memory, RING_CAPACITY, sleep);
process.stdout.write("ready\n");
let sum = 0;
for (let i = 0; i < Number(values); i++) sum += ring.receive();
process.stdout.write(String(sum));
