/**
 * What bundlers find as any part of the package: all of the toolkit, and behind it, before the program, the place where the
 * workers of a bundle take over.
 *
 * Whatever a program can import travels by its name there: in a bundle it is no export of a module that a worker could load. Nor is
 * there a file for a part that is loaded later: all are here.
 *
 * @packageDocumentation
 */
import * as acorn from "acorn";
import * as pools from "./futures/heddle-pools.ts";
import * as all from "./index.ts";
import * as managing from "./managers/heddle-managing.ts";
import * as functions from "./portable/heddle-functions.ts";
import * as publishing from "./portable/heddle-publishing.ts";
import { providePart } from "./parts/index.ts";
import { declareEverywhere } from "./portable/index.ts";
import * as queueing from "./queues/heddle-queueing.ts";
import * as cores from "./sync/heddle-cores.ts";
import * as piping from "./workers/heddle-piping.ts";
import { takeOver } from "./workers/index.ts";

export * from "./index.ts";

const parts = { cores, functions, managing, piping, pools, publishing, queueing };
for (const [name, part] of Object.entries(parts)) providePart(`heddle-${name}`, part);
providePart("acorn", acorn);
for (const [name, thing] of Object.entries(all)) declareEverywhere(name, thing);
takeOver();
