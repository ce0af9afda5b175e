/** What the benches are doing, on stderr: one line that rewrites itself on a terminal, else one line a table. */
import type { Turn } from "./plan.ts";
import type { Outcome } from "./run-turn.ts";

export class Progress {
  readonly #total: number;
  readonly #startedAt = performance.now();
  #done = 0;
  #table = "";

  constructor(total: number) {
    this.#total = total;
  }

  begin(turn: Turn): void {
    const table = `${turn.case.id} × ${turn.workers}`;
    const position = `[${this.#done + 1}/${this.#total}, ${this.#timeLeft()}]`;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\u001b[K${position} ${table}, round ${turn.round + 1}: ${turn.contender.id}`);
    } else if (table !== this.#table) {
      process.stderr.write(`${position} ${table}\n`);
    }
    this.#table = table;
  }

  end(outcome: Outcome): void {
    this.#done++;
    const newline = process.stderr.isTTY ? "\n" : "";
    if ("failure" in outcome) {
      process.stderr.write(`${newline}  ${outcome.turn.contender.id} failed: ${outcome.failure}\n`);
    } else if (this.#done === this.#total) process.stderr.write(newline);
  }

  #timeLeft(): string {
    if (this.#done === 0) return "time left unknown";
    const leftMs = ((performance.now() - this.#startedAt) / this.#done) * (this.#total - this.#done);
    return leftMs < 90_000 ? `${Math.ceil(leftMs / 1000)} s left` : `${Math.ceil(leftMs / 60_000)} min left`;
  }
}
