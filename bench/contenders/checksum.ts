/** The sum of all results of a map, and of all factors of all results: tells whether they are right. */
export function checksum(results: readonly unknown[]): number {
  let sum = 0;
  for (const result of results) {
    if (typeof result === "number") sum += result;
    else for (const factor of result as number[]) sum += factor;
  }
  return sum;
}
