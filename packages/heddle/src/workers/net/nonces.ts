/**
 * Bytes that nobody can guess.
 *
 * @packageDocumentation
 */

/** So many of them, by what Node has without loading all it knows of cryptography. */
export function nonce(bytes: number): Buffer {
  return crypto.getRandomValues(Buffer.alloc(bytes));
}
