/**
 * Functions made from source text at run time, where a fixed text cannot be as fast.
 *
 * @packageDocumentation
 */

/**
 * Runs `body` with one name bound, and gives what it returns.
 *
 * @param body - Source text. Whatever comes from outside stands in it as a JSON string, or not at all.
 * @returns Nothing when this program forbids code from text (`--disallow-code-generation-from-strings`).
 */
export function generate(name: string, body: string, value?: unknown): unknown {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the text is this layer's own
    return new Function(name, body)(value);
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
