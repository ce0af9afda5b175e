/**
 * Functions that are text, names that every thread knows, modules and plain values: in that form they come to life by little code.
 *
 * Each thing keeps the name of its record, so that whoever loads the rest of the toolkit later can go on with it.
 *
 * @packageDocumentation
 */
import { builtinNamespace } from "../named/builtin-namespace.ts";
import { metaOf, noSuchExport } from "../named/import-from.ts";
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

/** A module: what to import, and from where. */
export interface PlainModule extends PlainName {
  readonly module: string;
  /** It is Node's own. */
  readonly isBuiltin?: boolean;
  readonly parent?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly isRequired?: boolean;
}

/** What a module exports: the index of that, and where in it. */
export interface PlainExport extends PlainName {
  readonly from: number;
  readonly member: readonly string[];
}

/** What every thread has under one name: the name of a built-in module, "" for the global object; then those of members. */
export interface PlainThing extends PlainName {
  readonly path: readonly string[];
}

export interface PlainFunctions {
  readonly codes: readonly CodeDescription[];
  /** The function that was asked for is the first. */
  readonly things: readonly (PlainFunction | PlainValue | PlainModule | PlainExport | PlainThing)[];
}

/** What functions reach that is not described. */
export interface Surroundings {
  /** `import()` as it works inside the module at `url`. */
  importFrom(url: string): Function;
  /** `require` as it works there. */
  requireFrom(url: string): Function;
  /** What importing a module gives. */
  load(module: PlainModule): Promise<object>;
}

/** A function that is still to be bound to what it captures. */
interface Unbound {
  readonly shell: Shell;
  readonly slots: readonly PlainSlot[];
  readonly url: string;
}

/** Functions that have been brought to life: in the order of `revive.ts`, classes before what is bound to them. */
export class Rebuilt {
  readonly #described: PlainFunctions;
  readonly #around: Surroundings;
  readonly #factories: ShellFactory[] = [];
  readonly #made: unknown[] = [];
  readonly #unbound: Unbound[] = [];
  /** Classes that are being made: what is bound to one of them meanwhile is bound once more. */
  readonly #making = new Set<number>();
  readonly #late: Unbound[] = [];

  private constructor(described: PlainFunctions, around: Surroundings) {
    this.#described = described;
    this.#around = around;
  }

  /**
   * Brings functions to life.
   *
   * @throws `Error` in a program that forbids code from text; what the text throws when it is evaluated, and a module that is imported.
   */
  static async from(described: PlainFunctions, around: Surroundings): Promise<Rebuilt> {
    const rebuilt = new Rebuilt(described, around);
    for (const [i, thing] of described.things.entries()) {
      if ("module" in thing && thing.isBuiltin !== true) rebuilt.#made[i] = await around.load(thing);
    }
    rebuilt.#thing(0);
    // Functions refer to each other: each is there before any is bound.
    rebuilt.#bindAll();
    return rebuilt;
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
    if (!(index in this.#made)) this.#made[index] = this.#make(index);
    return this.#made[index];
  }

  #make(index: number): unknown {
    const thing = this.#described.things[index]!;
    if ("code" in thing) return this.#function(index, thing);
    if ("value" in thing) return thing.value;
    if ("module" in thing) return builtinNamespace(thing.module);
    if ("from" in thing) return this.#exported(thing);
    const [root, ...path] = thing.path;
    return memberOf(root === "" ? globalThis : process.getBuiltinModule(root!), path);
  }

  #exported({ from, member }: PlainExport): Function {
    const namespace = this.#thing(from);
    const found = memberOf(namespace, member);
    if (typeof found === "function") return found;
    throw noSuchExport((this.#described.things[from] as PlainModule).module, namespace, member);
  }

  #function(index: number, { code, slots }: PlainFunction): Function {
    const description = this.#described.codes[code]!;
    const { form, name, url } = description;
    const shell = (this.#factories[code] ??= compile(description))();
    const unbound = { shell, slots, url };
    if (form === "class") return named(this.#class(index, unbound), name);
    if (slots.length > 0) this.#unbound.push(unbound);
    return named(shell.make(), name);
  }

  #class(index: number, unbound: Unbound): Function {
    this.#making.add(index);
    const waiting = this.#late.length;
    const isComplete = this.#bind(unbound);
    // What the class uses while it is made must be able to run.
    this.#bindAll();
    const cls = unbound.shell.make();
    this.#making.delete(index);
    if (!isComplete) this.#unbound.push(unbound);
    this.#unbound.push(...this.#late.splice(waiting));
    return cls;
  }

  #bindAll(): void {
    for (let unbound = this.#unbound.pop(); unbound !== undefined; unbound = this.#unbound.pop()) {
      if (!this.#bind(unbound)) this.#late.push(unbound);
    }
  }

  /** Binds what can be bound. Gives whether that was all. */
  #bind({ shell, slots, url }: Unbound): boolean {
    const isInTheMaking = ([tag, content]: PlainSlot): boolean =>
      tag === SlotTag.RECORD && this.#making.has(content as number);
    shell.bind(slots.map((slot) => (isInTheMaking(slot) ? undefined : this.#slot(slot, url))));
    return !slots.some(isInTheMaking);
  }

  #slot([tag, content]: PlainSlot, url: string): unknown {
    switch (tag) {
      case SlotTag.INLINE:
        return content;
      case SlotTag.RECORD:
        return this.#thing(content as number);
      case SlotTag.IMPORT:
        return this.#around.importFrom(url);
      case SlotTag.REQUIRE:
        return this.#around.requireFrom(url);
      case SlotTag.META:
        return metaOf(url);
      case SlotTag.NAME:
        return giveName;
      default:
        return identity;
    }
  }
}

function memberOf(thing: unknown, path: readonly string[]): unknown {
  for (const key of path) thing = (thing as Record<string, unknown> | undefined)?.[key];
  return thing;
}
