/** Prints what came of it, as a line of JSON. */
import { use } from "./use.ts";

use().then(
  (used) => console.log(JSON.stringify(used)),
  (error: unknown) => {
    console.error(error);
    // Something may still wait for what will not come.
    process.exit(1);
  },
);
