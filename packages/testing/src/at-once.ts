/**
 * Steps outside all threads of a model: they take effect at once.
 *
 * @packageDocumentation
 */
import {
  assertInBlock,
  assertIsBlock,
  blockAt,
  FIRST_BLOCK,
  freeSlot,
  headerFor,
  headerOf,
  OUTSIDE,
  sizeIn,
} from "./blocks.ts";
import { type Memory, PAGE_COUNT } from "./memory.ts";
import { given, type Step, type StepResult, written } from "./steps.ts";

export function atOnce(memory: Memory, step: Step, reuses: boolean): StepResult {
  const { kind, address, first } = step;
  switch (kind) {
    case "notify":
      return 0;
    case "pause":
      return undefined;
    case "join":
      throw new Error(`Cannot join thread ${first}: only a thread of a model can wait for another`);
    case "allocate": {
      const slot = freeSlot(memory, OUTSIDE, first, reuses);
      memory.write(slot, headerFor(first, step.second === 1));
      return blockAt(slot);
    }
    case "free":
      assertIsBlock(memory, address, "free");
      return giveBack(memory, address);
    case "blockSize":
      assertIsBlock(memory, address, "measure");
      return sizeIn(memory.at(headerOf(address)).value);
    default:
      assertIsWord(memory, step);
  }
  const old = memory.at(address).value;
  if (kind === "wait") {
    if (old !== (first | 0)) return "not-equal";
    if (step.second !== Infinity) return "timed-out";
    throw new Error(
      `Cannot wait on the word at ${address}: outside the threads of a model nobody can notify`,
    );
  }
  const value = written(step, old);
  if (value !== undefined) memory.write(address, value);
  return given(step, old);
}

function giveBack(memory: Memory, block: number): undefined {
  const slot = headerOf(block);
  const size = sizeIn(memory.at(slot).value);
  for (let address = block; address < block + size; address += 4) memory.remove(address);
  memory.write(slot, -size);
}

function assertIsWord(memory: Memory, { kind, address }: Step): void {
  if (address < 0) return;
  if (memory.hasBlocks && address >= FIRST_BLOCK) return assertInBlock(memory, address);
  const pages = memory.at(PAGE_COUNT).value;
  if (address % 4 === 0 && address < pages * 65536) return;
  throw new RangeError(`Cannot ${kind} the word at ${address}: the heap has ${pages} pages`);
}
