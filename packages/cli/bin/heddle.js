#!/usr/bin/env node
// Not in dist, as npm links commands before anything is built.
import "../dist/main.js";
