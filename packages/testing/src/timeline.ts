/**
 * Operations drawn over time.
 *
 * ```text
 *   thread 0: put(1) gave undefined  |--------|
 * > thread 1: get() gave 2              |--|
 *   thread 2: put(2) did not return        |-->
 * ```
 *
 * @packageDocumentation
 */
import { isPending, type Operation, tell } from "./history.ts";

/** How wide the bars are together at most. */
const WIDTH = 60;

/** A line for each operation; `marked` is pointed at. */
export function timeline(operations: readonly Operation[], marked: Operation): string {
  const last = marked.end;
  const moments = operations
    .flatMap(({ start, end }) => [start, end])
    .filter((at) => at >= marked.start && at <= last)
    .toSorted((one, other) => one - other);
  const scale = Math.min(3, WIDTH / moments.length);
  const column = (at: number): number => {
    const index = moments.findIndex((moment) => moment >= at);
    return Math.round((index < 0 ? moments.length : index) * scale);
  };
  const names = operations.map(tell);
  const width = Math.max(...names.map(({ length }) => length));
  return operations
    .map((operation, index) => {
      const begin = column(operation.start);
      const end = Math.max(begin + 1, column(operation.end));
      const left = operation.start < marked.start ? "<" : "|";
      const right = isPending(operation) || operation.end > last ? ">" : "|";
      const bar = `${" ".repeat(begin)}${left}${"-".repeat(end - begin - 1)}${right}`;
      return `${operation === marked ? ">" : " "} ${names[index]!.padEnd(width)}  ${bar}`;
    })
    .join("\n");
}
