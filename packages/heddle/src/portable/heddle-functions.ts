/** How functions are looked into and brought to life: a part, see `load-part.ts`. */
import { FunctionTable } from "./function-table.ts";
import { copy, providePart } from "./load-part.ts";
import { holdsPrivateNames } from "./publish/instances.ts";

export { copy, FunctionTable, holdsPrivateNames };

// Workers have it from the beginning.
providePart("heddle-functions", { copy, FunctionTable, holdsPrivateNames });
