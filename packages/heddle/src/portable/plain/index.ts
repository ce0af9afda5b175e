/** Functions as plain values, for who has nothing loaded that reads records. */
export { type PlainFunctions, type PlainName, Rebuilt } from "./plain-functions.ts";
