/** Whether threads run side by side. */

let severalCores: boolean | undefined;

/** Whether who is waited for can run meanwhile. */
export function hasCores(): boolean {
  return (severalCores ??= process.getBuiltinModule("node:os").availableParallelism() > 1);
}
