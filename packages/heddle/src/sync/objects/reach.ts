/** Who has to do with a shared object. */

/**
 * Who can have to do with an object.
 *
 * An object that was made here, and was never in a message, is this thread's alone. Its words need no atomic
 * instructions then: nobody else reads or writes them, and whoever gets a handle later sees what was written before,
 * by what brings it.
 */
export interface Reach {
  /** Whether another thread may know it. It stays so from then on. */
  isShared: boolean;
}

/** Of what any thread may know. */
export const SHARED: Reach = { isShared: true };
