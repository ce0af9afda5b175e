/** How the use of a manager fails, apart from what the methods of its objects throw. */
import { helpOn } from "#heap";
import { declareEverywhere } from "../portable/index.ts";

/**
 * The manager was shut down, or the thread, process or server that its objects lived in is gone. A call that was under way
 * may have run, in part or whole. Its cause is what ended the manager, if nobody asked for it.
 */
export class ManagerClosedError extends Error {
  override readonly name = "ManagerClosedError";
  readonly code = "ERR_HEDDLE_MANAGER_CLOSED";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

/** A proxy stands for nothing any more: it was disposed, or its object is not known where it lived. */
export class RemoteReleasedError extends Error {
  override readonly name = "RemoteReleasedError";
  readonly code = "ERR_HEDDLE_REMOTE_RELEASED";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

/** A name is not registered with a manager, or is already. */
export class RegistrationError extends Error {
  override readonly name = "RegistrationError";
  readonly code = "ERR_HEDDLE_REGISTRATION";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

/** Somebody answers at the address already. */
export class AddressInUseError extends Error {
  override readonly name = "AddressInUseError";
  readonly code = "ERR_HEDDLE_ADDRESS_IN_USE";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

// Where Heddle is part of a bundle, workers have the same classes.
for (const cls of [ManagerClosedError, RemoteReleasedError, RegistrationError, AddressInUseError])
  declareEverywhere(cls.name, cls);
