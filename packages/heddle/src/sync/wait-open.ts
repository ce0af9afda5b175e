/**
 * Waits until one may pass: what events and latches are waited for by.
 *
 * @packageDocumentation
 */
import { unheard } from "../scopes/index.ts";
import type { SharedObject } from "./objects/shared-object.ts";
import type { ReleaseCore } from "./release-core.ts";
import { checkWaitOptions } from "./wait-options.ts";
import type { ThisThread } from "./waiting/this-thread.ts";
import type { WaitOptions } from "./waiting/waits.ts";

/** Waits without blocking the thread. The handle is held meanwhile. */
export function waitOpen(
  handle: SharedObject,
  thread: ThisThread,
  core: ReleaseCore<void>,
  options: WaitOptions | undefined,
): Promise<void> {
  try {
    const checked = checkWaitOptions(options, core.operation);
    checked.signal?.throwIfAborted();
    if (core.open) return Promise.resolve();
    return unheard(thread.waits.promise(core, 0, checked).then(() => void handle));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Waits, blocking the thread. */
export function waitOpenSync(
  thread: ThisThread,
  core: ReleaseCore<void>,
  options: WaitOptions | undefined,
  operation: string,
): void {
  const checked = checkWaitOptions(options, operation);
  checked.signal?.throwIfAborted();
  if (!core.open) thread.waits.block(core, 0, checked);
}
