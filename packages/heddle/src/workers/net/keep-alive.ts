/**
 * Keeps the program alive while somebody waits for what no handle of the event loop stands for.
 *
 * @packageDocumentation
 */
import { LONGEST_DELAY_MS } from "../../scopes/index.ts";

let waiting = 0;
let hold: NodeJS.Timeout | undefined;

/**
 * The program does not end by itself until what this gives is called. To call that again does nothing.
 */
export function keepAlive(): () => void {
  waiting++;
  hold ??= setInterval(() => undefined, LONGEST_DELAY_MS);
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    if (--waiting > 0) return;
    clearInterval(hold);
    hold = undefined;
  };
}
