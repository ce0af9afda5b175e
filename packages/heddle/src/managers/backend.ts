/** What stands behind a manager that somebody has: where its objects live, and how it ends. */
import type { Session } from "./session.ts";

/** What a manager has to do with, counted. */
export interface ManagerStatistics {
  /** How many clients are connected to the server; 1 where there is no server. */
  readonly clients: number;
  /** How many connections have not yet proved to have the key. */
  readonly halfOpen: number;
  /** How many references to objects others hold of this side, over all connections. */
  readonly lent: number;
  /** How many objects of the other side this one has proxies of. */
  readonly borrowed: number;
}

export interface Backend {
  /** With the host that the objects live in. */
  readonly session: Session;
  readonly address?: string;
  /** Makes an object without sending its class or arguments anywhere. Absent where that cannot be. */
  createHere?(cls: new (...args: never[]) => object, args: unknown[]): string;
  registerHere?(name: string, object: object): void;
  statistics?(): ManagerStatistics;
  /** Asks, waits so long, then ends it by force. */
  stop(graceMs: number): Promise<void>;
}
