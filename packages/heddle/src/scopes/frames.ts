/**
 * Where Node keeps what `AsyncLocalStorage`s hold in running code, and brings back in what that awaits and calls later.
 *
 * It is a map for each combination of values, called a frame. `storage.run` makes two of them, which takes 300 ns and more
 * memory than the rest of a task. Node's class of frames can be reached through an `AsyncResource`, which has one; then an
 * object of ours that is used like a frame takes its place, for the price of an assignment. No documentation promises
 * that. So it is tried as a whole when the module is loaded, and where anything is otherwise (another runtime, another
 * version, `--no-async-context-frame`) there is no door, and the documented way is taken.
 *
 * @packageDocumentation
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

/** What Node does with a frame. */
export interface Frame extends Iterable<readonly [storage: unknown, value: unknown]> {
  has(storage: unknown): boolean;
  get(storage: unknown): unknown;
  /** Forgets a value. */
  disable(storage: unknown): void;
}

/** The place of the frame of the running code. */
export interface Door {
  readonly current: () => Frame | undefined;
  readonly set: (frame: Frame | undefined) => void;
}

/** A frame of plain values. */
export class Others extends Map<unknown, unknown> implements Frame {
  disable(storage: unknown): void {
    this.delete(storage);
  }
}

/**
 * Looks for the door, and tries it.
 *
 * @param storage - The one whose value such a frame is.
 * @param frameOn - Makes a frame in front of another one.
 */
export function findDoor<F extends Frame>(
  storage: AsyncLocalStorage<F>,
  frameOn: (frame: Frame) => F,
): Door | undefined {
  const other = new AsyncLocalStorage<string>();
  const resource = (): object => new AsyncResource("heddle.Door", { requireManualDestroy: true });
  const outside = resource();
  const key = Object.getOwnPropertySymbols(outside).find(
    ({ description }) => description === "context_frame",
  );
  if (key === undefined) return undefined;
  const frameOf = (holder: object): Frame | undefined => Reflect.get(holder, key) as Frame | undefined;
  try {
    const door = other.run("out", () => {
      const frame = frameOf(resource());
      const frames = frame?.constructor as Partial<FrameClass> | undefined;
      if (typeof frames?.current !== "function" || typeof frames.set !== "function") return undefined;
      const found = doorOf(frames as FrameClass);
      if (frame === undefined || found.current() !== frame) return undefined;
      const ours = frameOn(frame);
      const holds = (value: string): boolean => storage.getStore() === ours && other.getStore() === value;
      found.set(ours);
      const isRight = holds("out") && other.run("in", () => holds("in")) && holds("out");
      found.set(frame);
      return isRight ? found : undefined;
    });
    // The end of run() has left a frame of its own.
    door?.set(frameOf(outside));
    return door;
  } catch {
    return undefined;
  }
}

/** Node's class of frames. */
interface FrameClass {
  current(): Frame | undefined;
  set(frame: Frame | undefined): void;
}

function doorOf(frames: FrameClass): Door {
  return { current: () => frames.current(), set: (frame) => frames.set(frame) };
}
