/**
 * Values that have arrived in this thread: they are taken out of their cells, and the modules that they need are loaded.
 *
 * @packageDocumentation
 */
import { NotLoadedError } from "../../wire/index.ts";
import type { CellCoder } from "./cells.ts";

/**
 * Takes the value of a cell; a promise of it where modules have to be imported first.
 *
 * @throws What says that this thread cannot have the value. It is no more, then.
 */
export function takeArrived(cell: CellCoder): unknown {
  try {
    return cell.take();
  } catch (error) {
    if (error instanceof NotLoadedError) return cell.takeAsync();
    cell.drop();
    throw error;
  }
}

/** As `takeArrived`, in a thread that blocks: modules are loaded on the spot, where they can be. */
export function takeArrivedSync(cell: CellCoder): unknown {
  try {
    return cell.takeSync();
  } catch (error) {
    cell.drop();
    throw error;
  }
}
