/**
 * Two sides prove to each other that they have the same key, before anything else is said.
 *
 * ```text
 * server                                                    client
 *   ── greeting: "HDL1", nonce S (32 bytes) ─────────────────▶
 *   ◀───────────────── nonce C (32 bytes), HMAC(key, "client" … S C) ──
 *   ── 1, HMAC(key, "server" … S C)    or: 0, and the end ───▶
 * ```
 *
 * Each proof is HMAC-SHA-256 over the role of who gives it, what the key is for, both nonces, and what binds it to the channel below.
 *
 * - K1: no side takes a proof that was made for another conversation: its own nonce, which is fresh, is in it.
 * - K2: no side takes back its own proof: the role is in it.
 * - K3: who has not proved to have the key learns whether there is a server, and that the key was wrong: nothing else.
 *
 * Source: the mutual challenge of Python's `multiprocessing.connection`, with role and both nonces in each proof (as SASL's SCRAM has it).
 *
 * @packageDocumentation
 */
import type { TLSSocket } from "node:tls";
import { AuthenticationError } from "./authentication-error.ts";
import type { FrameLink } from "./frame-link.ts";
import { nonce } from "./nonces.ts";

const GREETING = Buffer.from("HDL1");
const NONCE_BYTES = 32;
const PROOF_BYTES = 32;
const REFUSED = 0;
const ACCEPTED = 1;

/** No message of the handshake is longer. */
export const HANDSHAKE_LIMIT_BYTES = 128;

const BINDING_LABEL = "EXPORTER-heddle";
const BINDING_BYTES = 32;

/** What both sides know beforehand. */
export interface Credentials {
  readonly key: Uint8Array;
  /** What the key is for: a proof for one thing is none for another. */
  readonly purpose: string;
}

/**
 * The server's side.
 *
 * @throws `AuthenticationError` when the client has another key; what ended the link. The link is over then.
 */
export async function welcome(link: FrameLink, { key, purpose }: Credentials): Promise<void> {
  const mine = nonce(NONCE_BYTES);
  link.send(GREETING, mine);
  const answer = Buffer.from(await link.next());
  const theirs = answer.subarray(0, NONCE_BYTES);
  const about = [purpose, mine, theirs, binding(link)] as const;
  const { timingSafeEqual } = process.getBuiltinModule("node:crypto");
  const isRight =
    answer.length === NONCE_BYTES + PROOF_BYTES &&
    timingSafeEqual(answer.subarray(NONCE_BYTES), proof(key, "client", ...about));
  if (!isRight) {
    link.send(Uint8Array.of(REFUSED));
    link.end();
    throw new AuthenticationError("Cannot accept connection: the other side does not have the key");
  }
  link.send(Uint8Array.of(ACCEPTED), proof(key, "server", ...about));
}

/**
 * The client's side.
 *
 * @throws `AuthenticationError` when the server refuses the key, does not have it, or is something else. The link is over
 * then.
 */
export async function introduce(link: FrameLink, { key, purpose }: Credentials): Promise<void> {
  try {
    const greeting = Buffer.from(await link.next());
    const isGreeting =
      greeting.length === GREETING.length + NONCE_BYTES &&
      greeting.subarray(0, GREETING.length).equals(GREETING);
    if (!isGreeting) throw new AuthenticationError("Cannot connect: the other side is no server of Heddle");
    const mine = nonce(NONCE_BYTES);
    const about = [purpose, greeting.subarray(GREETING.length), mine, binding(link)] as const;
    link.send(mine, proof(key, "client", ...about));
    const verdict = Buffer.from(await link.next());
    if (verdict[0] !== ACCEPTED || verdict.length !== 1 + PROOF_BYTES) {
      throw new AuthenticationError("Cannot connect: the server refuses the key");
    }
    const { timingSafeEqual } = process.getBuiltinModule("node:crypto");
    if (!timingSafeEqual(verdict.subarray(1), proof(key, "server", ...about))) {
      throw new AuthenticationError("Cannot connect: the server does not have the key");
    }
  } catch (error) {
    link.destroy();
    if (error instanceof AuthenticationError) throw error;
    throw new AuthenticationError("Cannot connect: the other side ended the handshake", { cause: error });
  }
}

function proof(
  key: Uint8Array,
  role: "client" | "server",
  purpose: string,
  serverNonce: Uint8Array,
  clientNonce: Uint8Array,
  channel: Uint8Array,
): Buffer {
  // Loaded only now: it takes a fifth as long as a thread does to start.
  const hmac = process.getBuiltinModule("node:crypto").createHmac("sha256", key);
  // What may differ in length is told apart from what follows by its length.
  for (const part of [
    Buffer.from(`heddle 1 ${role}`),
    Buffer.from(purpose),
    serverNonce,
    clientNonce,
    channel,
  ]) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(part.length);
    hmac.update(length).update(part);
  }
  return hmac.digest();
}

/** What nobody in the middle can have on both sides, where the channel is TLS. */
function binding({ socket }: FrameLink): Uint8Array {
  const { exportKeyingMaterial } = socket as Partial<TLSSocket>;
  if (exportKeyingMaterial === undefined) return new Uint8Array(0);
  return exportKeyingMaterial.call(socket, BINDING_BYTES, BINDING_LABEL, Buffer.alloc(0));
}
