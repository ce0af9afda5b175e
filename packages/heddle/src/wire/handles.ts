/**
 * Objects that stand for something in the shared heap, and travel as a tag and an address.
 *
 * @packageDocumentation
 */

/** How one class of handles crosses. */
export interface HandleForm<T> {
  address(handle: T): number;
  revive(address: number): T;
}

/** A class, whatever its constructor takes. */
export type HandleClass<T> = (abstract new (...args: never[]) => T) & { readonly prototype: T };

export function registerHandle<T extends object>(kind: string, cls: HandleClass<T>, how: HandleForm<T>): void {
  byKind.set(kind, how as HandleForm<object>);
  kinds.set(cls.prototype, kind);
}

const byKind = new Map<string, HandleForm<object>>();
const kinds = new Map<object, string>();
