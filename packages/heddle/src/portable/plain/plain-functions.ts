/**
 * Functions that are text, names that every thread knows, and plain values: in that form they come to life by little code.
 *
 * Each thing keeps the name of its record, so that whoever loads the rest of the toolkit later can go on with it.
 *
 * @packageDocumentation
 */
import { builtinNamespace } from "../named/builtin-namespace.ts";
import type { CodeDescription } from "../publish/code.ts";
import { compile, giveName, identity, named, type Shell, type ShellFactory } from "../revive/rebuild.ts";
import { SlotTag } from "../slots.ts";

/** The record that a thing is described by. */
export interface PlainName {
  readonly address: number;
  readonly serial: number;
}

/** What a name of a function is bound to: a tag, and for INLINE the value, for RECORD the index of the thing. */
export type PlainSlot = readonly [tag: SlotTag, content?: unknown];

/** A function. */
export interface PlainFunction extends PlainName {
  /** The index of its code. */
  readonly code: number;
  readonly slots: readonly PlainSlot[];
}

/** A captured object, or long string. */
export interface PlainValue extends PlainName {
  readonly value: unknown;
}

/** A built-in module. */
export interface PlainModule extends PlainName {
  readonly module: string;
}

/** What every thread has under one name: the name of a built-in module, "" for the global object; then those of members. */
export interface PlainThing extends PlainName {
  readonly path: readonly string[];
}

export interface PlainFunctions {
  readonly codes: readonly CodeDescription[];
  /** The function that was asked for is the first. */
  readonly things: readonly (PlainFunction | PlainValue | PlainModule | PlainThing)[];
}

/** What functions ask for that is not described. */
export interface Surroundings {
  /** `import()` as it works inside the module at `url`. */
  importFrom(url: string): Function;
}

/** Functions that have been brought to life. */
export class Rebuilt {
  readonly #described: PlainFunctions;
  readonly #around: Surroundings;
  readonly #factories: ShellFactory[] = [];
  readonly #made: unknown[] = [];
  readonly #unbound: { shell: Shell; slots: readonly PlainSlot[]; url: string }[] = [];

  /**
   * @throws `Error` in a program that forbids code from text, and what the text throws when it is evaluated.
   */
  constructor(described: PlainFunctions, around: Surroundings) {
    this.#described = described;
    this.#around = around;
    this.#thing(0);
    // Functions refer to each other: each is there before any is bound.
    for (let next = this.#unbound.pop(); next !== undefined; next = this.#unbound.pop()) {
      const { shell, slots, url } = next;
      shell.bind(slots.map((slot) => this.#slot(slot, url)));
    }
  }

  /** The function that was asked for. */
  get target(): Function {
    return this.#made[0] as Function;
  }

  /** Each thing that was made, with the name of its record. */
  *[Symbol.iterator](): Iterator<readonly [PlainName, unknown]> {
    for (const [i, thing] of this.#described.things.entries())
      if (i in this.#made) yield [thing, this.#made[i]];
  }

  #thing(index: number): unknown {
    if (!(index in this.#made)) this.#made[index] = this.#make(this.#described.things[index]!);
    return this.#made[index];
  }

  #make(thing: PlainFunctions["things"][number]): unknown {
    if ("code" in thing) return this.#function(thing);
    if ("value" in thing) return thing.value;
    if ("module" in thing) return builtinNamespace(thing.module);
    const [root, ...path] = thing.path;
    let found: unknown = root === "" ? globalThis : process.getBuiltinModule(root!);
    for (const key of path) found = (found as Record<string, unknown>)[key];
    return found;
  }

  #function({ code, slots }: PlainFunction): Function {
    const description = this.#described.codes[code]!;
    const shell = (this.#factories[code] ??= compile(description))();
    if (slots.length > 0) this.#unbound.push({ shell, slots, url: description.url });
    return named(shell.make(), description.name);
  }

  #slot([tag, content]: PlainSlot, url: string): unknown {
    switch (tag) {
      case SlotTag.INLINE:
        return content;
      case SlotTag.RECORD:
        return this.#thing(content as number);
      case SlotTag.IMPORT:
        return this.#around.importFrom(url);
      case SlotTag.NAME:
        return giveName;
      default:
        return identity;
    }
  }
}
