/** Why instances of a class stay where they are, and what to do instead. */
export interface Stay {
  readonly reason: string;
  readonly remedy: string;
}

const staying = new WeakMap<Function, Stay>();

/** Has instances of a class that hold private names be refused with better advice than to make them public. */
export function explainStaying(cls: Function, reason: string, remedy: string): void {
  staying.set(cls, { reason, remedy });
}

/** What was explained of a class. */
export function stayOf(cls: Function): Stay | undefined {
  return staying.get(cls);
}
