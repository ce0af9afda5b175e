/** The tables of this thread, one for each heap, and what comes with them: what writes messages and reads them. */
import { functions } from "./functions-later.ts";
import { threadHeap, type Heap, type JoinedHeap } from "#heap";
import type * as Codec from "../wire/codec/index.ts";
import type { FunctionTable } from "./function-table.ts";

const tables = new WeakMap<Heap, FunctionTable>();

/** This thread's table, on the heap that all threads of the process share. */
export function functionTable(): FunctionTable {
  return functionTableIn(threadHeap());
}

/** This thread's table, on a heap that it has joined. */
export function functionTableIn(heap: JoinedHeap): FunctionTable {
  let table = tables.get(heap);
  if (table === undefined) tables.set(heap, (table = new (functions().FunctionTable)(heap, heap.ledger)));
  return table;
}

/** What writes messages and reads them: who sends or takes values has a table of functions as well. */
export function codec(): typeof Codec {
  return functions();
}
