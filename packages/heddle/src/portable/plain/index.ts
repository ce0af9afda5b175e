/** Functions as plain values, for who has nothing loaded that reads records. */
export { importFrom } from "../named/import-from.ts";
export {
  type PlainFunctions,
  type PlainModule,
  type PlainName,
  Rebuilt,
  type Surroundings,
} from "./plain-functions.ts";
export { pathOf } from "../text/script-path.ts";
