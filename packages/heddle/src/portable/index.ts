/** How functions cross from one thread to another, with what they capture. */
export { PortabilityError } from "./errors.ts";
export { fromModule, isDeclaredPortable, portable } from "./explicit.ts";
export type { FunctionTable } from "./function-table.ts";
export { codec, functionTable, functionTableIn } from "./function-tables.ts";
export { entryModules, refusedEntry, workFor } from "./named/modules.ts";
export { explainStaying } from "./publish/staying.ts";
export { declareEverywhere } from "./named/declared.ts";
export { processOrigin } from "./origin.ts";
export type { RecordParcel } from "./record-parcels.ts";
export { addClaims, HeapRecord } from "./records.ts";
