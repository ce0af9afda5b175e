import assert from "node:assert/strict";
import { test } from "node:test";
import { svgOf } from "./chart.ts";

const bar = { min: 1, max: 1, isOurs: false };

test("a chart draws each figure to scale, ours in another colour, with its rounds and its number", () => {
  const svg = svgOf({
    title: "How long?",
    subtitle: "µs, lower is better",
    bars: [
      { ...bar, label: "heddle", median: 2, min: 1, max: 3, isOurs: true },
      { ...bar, label: "other", median: 4, min: 4, max: 4 },
    ],
    footer: "2 cores",
  });
  const widths = [...svg.matchAll(/<rect x="190" [^>]*width="([\d.]+)" [^>]*fill="(#\w+)"/g)];
  assert.deepEqual(
    widths.map(([, width, colour]) => [Number(width), colour]),
    [
      [200, "#b5532d"],
      [400, "#b9b4a8"],
    ],
  );
  assert.match(svg, /M290 \d+H490/);
  for (const words of ["How long?", "µs, lower is better", "2.00", "4.00", "2 cores"])
    assert.ok(svg.includes(`>${words}<`), words);
});

test("a chart is well formed whatever the words are", () => {
  const svg = svgOf({
    title: "a < b & c",
    subtitle: "",
    bars: [{ ...bar, label: "<x>", median: 1 }],
    footer: "",
  });
  assert.ok(svg.includes("a &lt; b &amp; c"));
  assert.ok(svg.includes("&lt;x&gt;"));
});
