/**
 * Makes short Latin-1 strings from bytes without a call into Node.
 *
 * `String.fromCharCode` with all its arguments spelled out takes 15 ns for a dozen characters; `latin1Slice` takes 45
 * whatever the length, and joining one character after the other 60.
 *
 * @packageDocumentation
 */
import { generate } from "../generate.ts";

/** Longest string that is made here. */
export const MADE_STRING_MAX = 23;

type MakeString = (bytes: Uint8Array, at: number, length: number) => string;

/** Who reads no more than so many has nothing compiled. */
const FEW = 20;
let made = 0;

/** Gives the string of `length` bytes at `at`; at most {@link MADE_STRING_MAX}. */
export let makeString: MakeString = (bytes, at, length) => {
  if (++made === FEW) {
    const compiled = generate("fromCharCode", source(), String.fromCharCode) as MakeString | undefined;
    makeString = compiled ?? makeByList;
  }
  return makeByList(bytes, at, length);
};

function source(): string {
  let cases = "";
  for (let length = 0; length <= MADE_STRING_MAX; length++) {
    const codes = Array.from({ length }, (_, i) => `bytes[at + ${i}]`).join(", ");
    cases += `case ${length}: return fromCharCode(${codes});\n`;
  }
  return `return (bytes, at, length) => { switch (length) { ${cases} } };`;
}

function makeByList(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
