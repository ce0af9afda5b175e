/**
 * Members of objects of the platform that are others for a while.
 *
 * @packageDocumentation
 */

/** Puts the members in place, each on its holder. Gives what puts the others back. */
export function replaceMembers(places: readonly (readonly [holder: object, members: object])[]): () => void {
  const undo = places.flatMap(([holder, members]) =>
    Object.entries(members).map(([name, value]) => replace(holder, name, value)),
  );
  return () => undo.forEach((putBack) => putBack());
}

function replace(holder: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(holder, name);
  const enumerable = before?.enumerable ?? false;
  Object.defineProperty(holder, name, { value, writable: true, enumerable, configurable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(holder, name);
    else Object.defineProperty(holder, name, before);
  };
}
