/** What every contender of the server suite must be able to do: to compute what `/primes` of `examples/server.ts` answers. */
import type { Compute } from "../../../examples/server.ts";

export interface ServerSubject {
  readonly compute: Compute;
  close(): Promise<void>;
}
