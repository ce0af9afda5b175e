import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { forgetUnobserved, lookAtUnobserved, noteUnobserved, type Unobserved } from "./unobserved.ts";

describe("an error that nobody has asked for", () => {
  const warnings: string[] = [];
  /** They are there for as long as the test: an error whose owner is gone is told otherwise. */
  const owners: object[] = [];
  const note = (error: Error): Unobserved => {
    owners.push({});
    return noteUnobserved(owners.at(-1)!, error);
  };
  const hear = ({ message }: Error): void => void warnings.push(message);
  /** Warnings are given in a later turn. */
  const look = async (): Promise<boolean> => {
    const isMore = lookAtUnobserved();
    await new Promise<void>((resolve) => void setImmediate(resolve));
    return isMore;
  };
  beforeEach(() => {
    warnings.length = 0;
    process.on("warning", hear);
  });
  afterEach(() => void process.off("warning", hear));

  test("is told of by a warning, once, when it has waited for long", async () => {
    const entry = note(new RangeError("the worker's"));
    assert.equal(await look(), true);
    assert.deepEqual(warnings, []);
    assert.equal(await look(), false);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0]!,
      /waits for somebody to ask for it, by await, .*: RangeError: the worker's\n +at /,
    );
    await look();
    assert.equal(warnings.length, 1);
    forgetUnobserved(entry);
  });

  test("is not told of when somebody asks before that", async () => {
    const entry = note(new Error("asked for"));
    await look();
    forgetUnobserved(entry);
    await look();
    assert.deepEqual(warnings, []);
  });

  test("is told of with how many there are beside it", async () => {
    const entries = [1, 2, 3].map((n) => note(new Error(`number ${n}`)));
    await look();
    await look();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /\(and 2 more\), .*number 1/);
    entries.forEach(forgetUnobserved);
  });
});
