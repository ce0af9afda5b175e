/** How functions travel, and the messages that hold them: a part, see `parts/load-part.ts`. What looks into functions is another one. */
import { Decoder, Encoder, packBy } from "../wire/codec/index.ts";
import { FunctionTable } from "./function-table.ts";
import { copy, providePart } from "../parts/index.ts";
import { holdsPrivateNames } from "./publishing-later.ts";

export { copy, Decoder, Encoder, FunctionTable, holdsPrivateNames, packBy };

// Workers have it from the beginning.
providePart("heddle-functions", { copy, Decoder, Encoder, FunctionTable, holdsPrivateNames, packBy });
