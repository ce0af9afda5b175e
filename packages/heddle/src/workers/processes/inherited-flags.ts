/**
 * What the processes that this one starts run with.
 *
 * @packageDocumentation
 */

/** Flags that say what this process runs, or would have others listen at its port. */
const OWN_FLAGS = /^--?(?:e|eval|p|print|pe|i|interactive|c|check|test|watch|inspect|input-type)(?:[-=].*)?$/;
const OWN_FLAGS_WITH_VALUE = /^--?(?:e|eval|p|print|pe)$/;

/** The flags of Node that this process was started with, but for its own. */
export function inheritedFlags(): string[] {
  const flags: string[] = [];
  const all = process.execArgv;
  for (let i = 0; i < all.length; i++) {
    if (OWN_FLAGS_WITH_VALUE.test(all[i]!)) i++;
    else if (!OWN_FLAGS.test(all[i]!)) flags.push(all[i]!);
  }
  return flags;
}
