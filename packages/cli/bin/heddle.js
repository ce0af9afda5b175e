#!/usr/bin/env node
// Not in dist, as npm links commands before anything is built.
const { node } = process.versions;
if (Number.parseInt(node, 10) < 24) {
  console.error(`heddle: Cannot run on Node.js ${node}: it needs Node.js 24 or later`);
  process.exit(2);
}
await import("../dist/main.js");
