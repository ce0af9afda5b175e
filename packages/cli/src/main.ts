#!/usr/bin/env node
/**
 * The `heddle` command.
 *
 * @packageDocumentation
 */
import { parseCommandLine } from "./arguments.ts";
import { CommandError } from "./errors.ts";
import { helpOf, version } from "./help.ts";

/** The exit status of wrong usage, and of everything else that keeps a command from its work. */
const CANNOT_GO_ON = 2;

try {
  const command = parseCommandLine(process.argv.slice(2));
  if (command.kind === "help") process.stdout.write(helpOf(command.of));
  else if (command.kind === "version") process.stdout.write(`${version()}\n`);
  else if (command.kind === "advise") {
    const { adviseCommand } = await import("./advise-command.ts");
    process.exit(await adviseCommand(command.advise));
  } else {
    const { mapCommand } = await import("./map-command.ts");
    // The mapped module may keep timers and sockets open; the work is done nevertheless.
    process.exit(await mapCommand(command.map));
  }
} catch (error) {
  const words = error instanceof CommandError ? error.message : (error as Error).stack;
  process.stderr.write(`heddle: ${words}\n`);
  process.exit(CANNOT_GO_ON);
}
