import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { clock, count, counted, duration, rate } from "./figures.ts";

describe("figures", () => {
  test("count() groups digits by three", () => {
    assert.deepEqual([0, 999, 1000, 1234567, 12.6].map(count), ["0", "999", "1,000", "1,234,567", "13"]);
    assert.deepEqual([counted(1, "item"), counted(2000, "item")], ["1 item", "2,000 items"]);
  });

  test("rate() keeps about three digits", () => {
    assert.deepEqual([0.25, 3.84, 38.4, 12345.6, 1.25e6, Infinity].map(rate), [
      "0.25/s",
      "3.8/s",
      "38/s",
      "12,346/s",
      "1.25 M/s",
      "–/s",
    ]);
  });

  test("duration() uses the unit that fits", () => {
    const values = [0.4, 21.4, 999.4, 1000, 2710, 59_994, 59_996, 200_000, 3_720_000].map(duration);
    assert.deepEqual(values, [
      "0.40 ms",
      "21 ms",
      "999 ms",
      "1.00 s",
      "2.71 s",
      "59.99 s",
      "1 min 0 s",
      "3 min 20 s",
      "1 h 02 min",
    ]);
  });

  test("clock() rounds up, as the last second is still to come", () => {
    assert.deepEqual([0, 6100, 200_000, 3_723_000].map(clock), ["0:00", "0:07", "3:20", "1:02:03"]);
  });
});
