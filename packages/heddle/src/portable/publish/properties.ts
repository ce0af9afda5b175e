/** Properties that were put on a function or class, and travel with it. */
import type { Code } from "./code.ts";
import { PropertyOwner } from "../slots.ts";

export interface OwnProperty {
  readonly owner: number;
  readonly name: string;
  readonly value: unknown;
}

const NONE: readonly OwnProperty[] = [];

/**
 * The enumerable properties of a function, of a class (its static fields) and of their prototypes, which methods
 * written in a class are not. Also the name, if it is another than the code gives.
 */
export function propertiesOf(fn: Function, code: Code): readonly OwnProperty[] {
  const own = plainProperties(fn, PropertyOwner.FUNCTION);
  const prototype = Object.getOwnPropertyDescriptor(fn, "prototype")?.value as unknown;
  const inherited =
    typeof prototype === "object" && prototype ? plainProperties(prototype, PropertyOwner.PROTOTYPE) : NONE;
  const name = fn.name === code.description.name || typeof fn.name !== "string" ? NONE : [renamed(fn.name)];
  return own.length + inherited.length + name.length === 0 ? NONE : [...own, ...inherited, ...name];
}

function plainProperties(object: object, owner: number): readonly OwnProperty[] {
  const keys = Object.keys(object);
  if (keys.length === 0) return NONE;
  const properties = keys.map((name) => ({
    owner,
    name,
    descriptor: Object.getOwnPropertyDescriptor(object, name)!,
  }));
  return properties
    .filter(({ descriptor }) => "value" in descriptor)
    .map(({ name, descriptor }) => ({ owner, name, value: descriptor.value as unknown }));
}

function renamed(value: string): OwnProperty {
  return { owner: PropertyOwner.FUNCTION, name: "name", value };
}
