/**
 * The exit statuses that the documentation promises.
 *
 * @packageDocumentation
 */
export const ALL_DONE = 0;
export const SOME_FAILED = 1;
/** Wrong usage, and everything else that keeps a command from its work. */
export const CANNOT_GO_ON = 2;
/** That of a program that Ctrl-C ended, 128 + SIGINT. */
export const INTERRUPTED = 130;
/** That of a program that the end of its reader killed, 128 + SIGPIPE: `| head` is nobody's fault. */
export const READER_GONE = 141;
