/**
 * What the function of a process reaches that has begun without the toolkit: modules, any of which may import that.
 *
 * From the first of them on this process looks at all that is resolved: the toolkit joins before anything else of it is loaded, and the
 * module that started the program is run by nobody again.
 *
 * @packageDocumentation
 */
import type { PlainModule, Surroundings } from "../../portable/plain/index.ts";
import { importFrom, pathOf } from "../../portable/plain/index.ts";
import type { Orders } from "./orders.ts";

/** The toolkit, for who has it not yet. */
export interface Toolkit {
  /** Loads it, and has it know this process. */
  join(): void;
  /** What a module is told that imports the one that started the program. */
  refusedEntry(specifier: string, parent: string | undefined): Error;
}

/** This file is in a package's `dist`, or two folders down in its `src`. */
const own = new URL(import.meta.url.endsWith(".ts") ? "../../" : "./", import.meta.url).href;

export class Reach implements Surroundings {
  readonly #orders: Orders;
  readonly #toolkit: Toolkit;
  #isOpen = false;

  constructor(orders: Orders, toolkit: Toolkit) {
    this.#orders = orders;
    this.#toolkit = toolkit;
  }

  importFrom(url: string): Function {
    this.#open();
    return importFrom(url);
  }

  requireFrom(url: string): Function {
    this.#open();
    return process.getBuiltinModule("node:module").createRequire(url);
  }

  async load({ module, parent = "", attributes, isRequired }: PlainModule): Promise<object> {
    if (isRequired === true) return this.requireFrom(module)(module) as object;
    return (await this.importFrom(parent)(module, attributes && { with: attributes })) as object;
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const { cache, entries } = this.#orders;
    const { enableCompileCache, registerHooks } = process.getBuiltinModule("node:module");
    if (cache !== undefined) enableCompileCache(cache);
    registerHooks({
      resolve: (specifier, context, next) => {
        const resolved = next(specifier, context);
        const { url } = resolved;
        if (url.startsWith(own)) this.#toolkit.join();
        else if (url.startsWith("file:") && entries.includes(pathOf(url.replace(/[?#].*$/s, ""))!))
          throw this.#toolkit.refusedEntry(specifier, context.parentURL);
        return resolved;
      },
    });
  }
}
