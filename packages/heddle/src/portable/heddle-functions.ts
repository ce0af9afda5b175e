/** How functions travel: a part, see `load-part.ts`. What looks into them is another one. */
import { FunctionTable } from "./function-table.ts";
import { copy, providePart } from "./load-part.ts";
import { holdsPrivateNames } from "./publishing-later.ts";

export { copy, FunctionTable, holdsPrivateNames };

// Workers have it from the beginning.
providePart("heddle-functions", { copy, FunctionTable, holdsPrivateNames });
