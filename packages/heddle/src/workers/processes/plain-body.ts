/**
 * What runs in a process of its own whose function is text and plain values, as most are: it does without the toolkit, which takes longer to
 * be loaded than all else, and reads and writes the heap as a file.
 *
 * ```text
 *              what the function imports is the toolkit, or imports it;
 *              an outcome that is no plain value; interrupted before
 * alone ─────────────────────────────────────────────────────────────▶ with the toolkit (plain-rest.ts)
 *              somebody has loaded the toolkit, and uses it
 * ```
 *
 * - L1: there is one copy of what the toolkit keeps, that of its own files: nothing here keeps anything that they know of.
 * - L2: nothing in here asks whether it was interrupted: only the toolkit does, and that joins before it is asked.
 *
 * @packageDocumentation
 */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { BareSegment, dieWithParent, knowKoffi, loadKoffi } from "../../heap/bare/index.ts";
import { type PlainFunctions, Rebuilt } from "../../portable/plain/index.ts";
import { fromPlainText, plainText } from "../../wire/plain/index.ts";
import type * as part from "./heddle-plain-rest.ts";
import { HEAP_DESCRIPTOR, type Orders, readOrders } from "./orders.ts";
import type { Taken } from "./plain-rest.ts";
import { HOW, OUTCOME, type PlainTask, ProcessHow, REASON } from "./process-desk.ts";
import { Reach, type Toolkit } from "./reach.ts";
import { endQuickly } from "./quick-end.ts";

/** See `scopes/context.ts`. */
const JOIN = Symbol.for("heddle.join");

const REST = "heddle-plain-rest";

/** What crosses as text: a function, its arguments, and the values of context variables. */
type PlainCall = readonly [described: PlainFunctions, args: readonly unknown[], carried: readonly unknown[]];

/** Runs the process that this one is. */
export function runPlainProcess(): void {
  const orders = readOrders() as Orders;
  const segment = new BareSegment(HEAP_DESCRIPTOR);
  knowKoffi(orders.koffi);
  dieWithParent();
  // Its owner may have died before that.
  if (!segment.isThere(orders.owner)) process.exit();
  endQuickly();
  void new PlainProcess(orders, segment).run();
}

class PlainProcess {
  readonly #orders: Orders;
  readonly #task: PlainTask;
  readonly #segment: BareSegment;
  readonly #reach: Reach;
  #carried: readonly unknown[] = [];
  #rebuilt: Rebuilt | undefined;
  #taken: Taken | undefined;
  #isJoining = false;

  constructor(orders: Orders, segment: BareSegment) {
    this.#orders = orders;
    this.#task = orders.data as PlainTask;
    this.#segment = segment;
    const join = (): void => this.#join();
    const refusedEntry: Toolkit["refusedEntry"] = (...where) => {
      join();
      return this.#rest.refusedEntry(...where);
    };
    this.#reach = new Reach(orders, { join, refusedEntry });
    // L2. By a `require` that it has made itself, say.
    Object.defineProperty(globalThis, JOIN, { value: join, configurable: true });
  }

  async run(): Promise<void> {
    const { name, desk, text, sizeBytes, room } = this.#task;
    const segment = this.#segment;
    process.title = name;
    let how: number = ProcessHow.RETURNED;
    let outcome: unknown;
    try {
      const [described, args, carried] = fromPlainText(segment.text(text, sizeBytes)) as PlainCall;
      this.#carried = carried;
      this.#rebuilt = await Rebuilt.from(described, this.#reach);
      this.#taken?.adopt(this.#rebuilt);
      // L2.
      if (segment.load(desk + REASON) !== 0) throw this.#goOn().scope.reason;
      outcome = await (this.#rebuilt.target(...args) as unknown);
    } catch (error) {
      how = ProcessHow.THREW;
      outcome = error;
    }
    const said = how === ProcessHow.RETURNED ? plainText(outcome) : undefined;
    const length = said === undefined ? -1 : segment.storeText(text, said, room);
    if (length < 0) return this.#goOn().tell(how, outcome);
    this.#taken?.scope.close();
    segment.store(desk + OUTCOME, length);
    segment.store(desk + HOW, ProcessHow.SAID);
  }

  /** Unless the toolkit does just that. */
  #join(): void {
    if (!this.#isJoining) this.#goOn();
  }

  #goOn(): Taken {
    if (this.#taken !== undefined) return this.#taken;
    this.#isJoining = true;
    Reflect.deleteProperty(globalThis, JOIN);
    const taken = this.#rest.takeUp(this.#orders, loadKoffi(), this.#carried);
    if (this.#rebuilt !== undefined) taken.adopt(this.#rebuilt);
    return (this.#taken = taken);
  }

  /** L1. In place, as what asks for it may not wait. */
  get #rest(): typeof part {
    const { createRequire, enableCompileCache } = process.getBuiltinModule("node:module");
    const { cache } = this.#orders;
    if (cache !== undefined) enableCompileCache(cache);
    const here = import.meta.url;
    return createRequire(here)(fileURLToPath(new URL(`./${REST}${extname(here)}`, here))) as typeof part;
  }
}
