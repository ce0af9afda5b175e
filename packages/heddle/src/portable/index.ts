/** How functions cross from one thread to another, with what they capture. */
export { PortabilityError, type PortabilityProblem } from "./errors.ts";
export { fromModule, isDeclaredPortable, portable } from "./explicit.ts";
export {
  FunctionTable,
  functionTable,
  functionTableIn,
  type FunctionTableStatistics,
} from "./function-table.ts";
export { entryModules, workFor } from "./revive/modules.ts";
export { holdsPrivateNames } from "./publish/instances.ts";
export { declareEverywhere } from "./publish/names.ts";
export { processOrigin } from "./origin.ts";
export type { RecordParcel } from "./record-parcels.ts";
export { addClaims, HeapRecord } from "./records.ts";
