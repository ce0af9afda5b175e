/**
 * How values cross from one thread to another: self-contained messages of bytes, and beside them what only the
 * platform can move.
 *
 * @packageDocumentation
 */
export type { Decoder } from "./codec/decoder.ts";
export type { Encoder } from "./codec/encoder.ts";
export { CorruptMessageError, NotLoadedError, WireError } from "./errors.ts";
export { handleLoading, isHandle, loadHandlesBy, registerHandle, type HandleClass } from "./kinds/handles.ts";
export type { FunctionRecord, Region, WireHooks } from "./hooks.ts";
export type { Packet } from "./packet.ts";
export { answerForBuffers, blockingForBuffers, hearOfSharedBuffers } from "./kinds/shared-buffers.ts";
export { endMove, moveFailed, movesSoFar, transfer, undoMove } from "./kinds/transfer.ts";
export { SharedShapes } from "./shared/shared-shapes.ts";
export { explainProxy, type ProxyStay } from "./kinds/proxies.ts";
export { loadTicketsBy, registerTicket, REMOTE_TICKET } from "./kinds/tickets.ts";
