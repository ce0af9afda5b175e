/**
 * What writes messages and reads them, for parts: who needs it otherwise takes it from the one for functions, which any message may hold.
 *
 * @packageDocumentation
 */
export { Decoder } from "./decoder.ts";
export { Encoder, packBy } from "./encoder.ts";
