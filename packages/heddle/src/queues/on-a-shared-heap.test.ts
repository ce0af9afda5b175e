/** What is promised of the objects of this folder, of objects that are kept in a {@link SharedHeap}. */
import { SharedHeap } from "#heap";
import { freshName } from "../heap/fixtures/processes.ts";
import { keepObjectsIn } from "../sync/index.ts";

const heap = SharedHeap.create(freshName(), { sizeBytes: 2 ** 28 });
heap.unlink();
keepObjectsIn(heap);

for (const suite of ["channel", "queue", "select"]) {
  await import(`./${suite}/${suite}.test.ts`);
}
