/** What pipes do their work by: a part, see `parts/load-part.ts`. */
export { copy } from "../parts/index.ts";
export { AwayEnd } from "./pipe/away-end.ts";
export { dropEnd, pipeHub, ticketOf } from "./pipe/hub.ts";
export { readLetter, writeLetter } from "./pipe/letters.ts";
