/** What primitives do their work by, and how a thread comes to wait at them: a part, see `parts/load-part.ts`. */
import { copy, providePart } from "../parts/index.ts";
import * as cores from "./cores.ts";

export * from "./cores.ts";
export { copy };

// Workers have it from the beginning.
providePart("heddle-cores", cores);
