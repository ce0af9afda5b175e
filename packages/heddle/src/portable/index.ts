/** How functions cross from one thread to another, with what they capture. */
export { PortabilityError, type PortabilityProblem } from "./errors.ts";
export { fromModule, portable } from "./explicit.ts";
export { FunctionTable, functionTable, type FunctionTableStatistics } from "./function-table.ts";
export { declareEverywhere } from "./names.ts";
export { addClaims, HeapRecord } from "./records.ts";
