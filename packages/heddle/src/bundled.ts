/**
 * What bundlers find as any part of the package: all of the toolkit, and behind it, before the program, the place where the
 * workers of a bundle take over.
 *
 * Whatever a program can import travels by its name there: in a bundle it is no export of a module that a worker could load.
 *
 * @packageDocumentation
 */
import * as all from "./index.ts";
import { declareEverywhere } from "./portable/index.ts";
import { takeOver } from "./workers/index.ts";

export * from "./index.ts";

for (const [name, thing] of Object.entries(all)) declareEverywhere(name, thing);
takeOver();
