/** How functions travel: a part, see `load-part.ts`. What looks into them is another one. */
import { FunctionTable } from "./function-table.ts";
import { copy, providePart } from "./load-part.ts";
import { publishing } from "./publishing-later.ts";

export { copy, FunctionTable };

/** Whether instances of a class hold private names, which no copy would have. */
export function holdsPrivateNames(cls: Function): boolean {
  return publishing().holdsPrivateNames(cls);
}

// Workers have it from the beginning.
providePart("heddle-functions", { copy, FunctionTable, holdsPrivateNames });
