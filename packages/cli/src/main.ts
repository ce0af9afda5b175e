#!/usr/bin/env node
/**
 * The `heddle` command.
 *
 * @packageDocumentation
 */
import { type Command, parseCommandLine } from "./arguments.ts";
import { CommandError } from "./errors.ts";
import { ALL_DONE, CANNOT_GO_ON, READER_GONE } from "./exit-status.ts";
import { helpOf, version } from "./help.ts";
import { entryOf } from "./troubleshooting.ts";

/** Does what was asked for; gives the exit status. Each command is loaded when it is run. */
async function run(command: Command): Promise<number> {
  if (command.kind === "map") {
    const { mapCommand } = await import("./map-command.ts");
    return mapCommand(command.map);
  }
  // With results to keep, a run ends in better order; see there.
  process.stdout.on("error", () => process.exit(READER_GONE));
  switch (command.kind) {
    case "help":
      return print(helpOf(command.of));
    case "version":
      return print(`${version()}\n`);
    case "completion": {
      const { completionFor } = await import("./completion.ts");
      return print(completionFor(command.shell));
    }
    case "advise": {
      const { adviseCommand } = await import("./advise-command.ts");
      return adviseCommand(command.advise);
    }
    case "bench":
      break;
  }
  const { benchCommand } = await import("./bench-command.ts");
  return benchCommand(command.bench);
}

async function print(text: string): Promise<number> {
  await new Promise((resolve) => process.stdout.write(text, resolve));
  return ALL_DONE;
}

/** What is wrong, in one line, and where it is explained. */
function told({ message, code }: CommandError): string {
  return `${message}\n  see ${entryOf(code)}`;
}

// Nobody to tell anything is no reason to stop.
process.stderr.on("error", () => {});
try {
  // The module that was asked for may keep timers and sockets open; the work is done nevertheless.
  process.exit(await run(parseCommandLine(process.argv.slice(2))));
} catch (error) {
  process.stderr.write(`heddle: ${error instanceof CommandError ? told(error) : (error as Error).stack}\n`);
  process.exit(CANNOT_GO_ON);
}
