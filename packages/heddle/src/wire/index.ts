/**
 * How values cross from one thread to another: self-contained messages of bytes, and beside them what only the
 * platform can move.
 *
 * @packageDocumentation
 */
export type { Decoder } from "./codec/decoder.ts";
export type { Encoder } from "./codec/encoder.ts";
export { CorruptMessageError, NotLoadedError, WireError, type WireErrorCode } from "./errors.ts";
export {
  handleLoading,
  isHandle,
  loadHandlesBy,
  registerHandle,
  type HandleClass,
  type HandleForm,
} from "./kinds/handles.ts";
export type { FunctionRecord, Grow, Region, WireHooks } from "./hooks.ts";
export type { Packet } from "./packet.ts";
export { answerForBuffers, blockingForBuffers, hearOfSharedBuffers } from "./kinds/shared-buffers.ts";
export { endMove, moveFailed, movesSoFar, transfer, undoMove } from "./kinds/transfer.ts";
export { SharedShapes } from "./shared/shared-shapes.ts";
export { explainProxy, type ProxyStay, type ProxyTravel } from "./kinds/proxies.ts";
export { loadTicketsBy, registerTicket, REMOTE_TICKET, type TicketForm } from "./kinds/tickets.ts";
