/**
 * What messages between threads and processes go by: a door of its own, as only what is loaded later stands on it.
 *
 * @packageDocumentation
 */
export { Acceptor } from "./acceptor.ts";
export { freshAddress } from "./addresses.ts";
export { FrameLink } from "./frame-link.ts";
export { LARGEST_FRAME_BYTES } from "./frames.ts";
export { HANDSHAKE_LIMIT_BYTES, introduce } from "./handshake.ts";
export { type EncodedMessage, MessageCodec, type Naming } from "./message-codec.ts";
export { nonce } from "./nonces.ts";
