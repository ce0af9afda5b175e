/** What the process of `spawn.ts` does: nothing. */
process.exitCode = 0;
