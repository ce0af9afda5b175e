/**
 * A schedule as text: which thread moved, how often in a row, and where one was killed or ran out of time.
 *
 * ```text
 * 0*12 1*3 0!     twelve steps of thread 0, three of thread 1, then thread 0 is killed
 * 1~ 1*4          the wait of thread 1 runs out of time, then four steps of it
 * ```
 *
 * @packageDocumentation
 */
import type { Move, MoveKind } from "./world.ts";

const SIGNS: Record<MoveKind, string> = { step: "", kill: "!", timeout: "~" };

export function encodeSchedule(moves: readonly Move[]): string {
  const runs: { token: string; count: number }[] = [];
  for (const { thread, kind } of moves) {
    const token = `${thread}${SIGNS[kind]}`;
    const last = runs.at(-1);
    if (last?.token === token) last.count++;
    else runs.push({ token, count: 1 });
  }
  return runs.map(({ token, count }) => (count === 1 ? token : `${token}*${count}`)).join(" ");
}

export function decodeSchedule(text: string): Move[] {
  return text
    .split(" ")
    .filter((token) => token !== "")
    .flatMap((token) => {
      const parts = /^(\d+)([!~]?)(?:\*(\d+))?$/.exec(token);
      if (parts === null) throw new SyntaxError(`Cannot replay the schedule: "${token}" is no move`);
      const kind: MoveKind = parts[2] === "!" ? "kill" : parts[2] === "~" ? "timeout" : "step";
      return Array.from({ length: Number(parts[3] ?? 1) }, () => ({ thread: Number(parts[1]), kind }));
    });
}
