import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { plainLine, terminalLine, type Status, type TerminalStyle } from "./progress-line.ts";

const STATUS: Status = { name: "primeFactors", done: 6200, failed: 0, total: 10_000, perSecond: 1900 };
const STYLE: TerminalStyle = { columns: 100, hasColour: false, hasUnicode: true };

describe("terminalLine()", () => {
  test("shows name, share, bar, count, rate and time left", () => {
    assert.equal(
      terminalLine(STATUS, STYLE),
      "primeFactors   62%  ━━━━━━━━━━━━━━━━━━━━━━━━╸───────────────  6,200/10,000  1,900/s  0:02 left",
    );
  });

  test("shows failures as soon as there are some, in red where there is colour", () => {
    assert.match(terminalLine({ ...STATUS, failed: 3 }, STYLE), / {2}3 failed$/);
    assert.ok(
      terminalLine({ ...STATUS, failed: 3 }, { ...STYLE, hasColour: true }).endsWith(
        "\x1b[31m3 failed\x1b[0m",
      ),
    );
  });

  test("says that a total is an estimate", () => {
    assert.match(terminalLine({ ...STATUS, isEstimate: true }, STYLE), /6,200\/~10,000/);
  });

  test("counts when the total is not known", () => {
    assert.equal(terminalLine({ name: "f", done: 1234, failed: 0, perSecond: 10 }, STYLE), "f  1,234  10/s");
  });

  test("uses nothing but ASCII where the terminal may not show more", () => {
    const line = terminalLine(STATUS, { ...STYLE, hasUnicode: false });
    assert.match(line, / {2}#+-+ {2}/);
    assert.match(line, /^[\x20-\x7e]*$/);
  });

  test("is narrower than the terminal, whatever its width, and keeps count and failures longest", () => {
    for (let columns = 1; columns <= 200; columns++) {
      for (const failed of [0, 12]) {
        const line = terminalLine({ ...STATUS, failed }, { ...STYLE, columns });
        assert.ok(line.length < columns, `${line.length} in ${columns}`);
        if (columns > 24) assert.match(line, failed > 0 ? /6,200\/10,000.* {2}12 failed$/ : /6,200\/10,000/);
      }
    }
    assert.equal(terminalLine(STATUS, { ...STYLE, columns: 16 }), "6,200/10,000");
  });

  test("shows a full bar at the end, of an empty input too", () => {
    const full = terminalLine({ ...STATUS, done: 10_000 }, STYLE);
    assert.match(full, /100% {2}━{40} {2}10,000\/10,000 {2}1,900\/s$/);
    assert.match(terminalLine({ ...STATUS, done: 0, total: 0, perSecond: 0 }, STYLE), /100%/);
  });
});

describe("plainLine()", () => {
  test("is one line for a log", () => {
    assert.equal(plainLine(STATUS), "primeFactors: 6,200/10,000 items, 62%, 1,900/s, 0:02 left, 0 failed");
    assert.equal(plainLine({ name: "f", done: 5, failed: 1, perSecond: 1 }), "f: 5 items, 1.0/s, 1 failed");
  });
});
