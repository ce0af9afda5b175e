/**
 * Where a task came from, for the stack of its error.
 *
 * Taking the stack of every call would cost more than the call. So it is taken when a function is submitted for the
 * first time, or a closure made in a place that is new: nearly all of them are submitted from one place.
 *
 * @packageDocumentation
 */
import type { FunctionRecord } from "../../wire/index.ts";
import { type Site, tellOrigin } from "../../workers/index.ts";
import { runChunk } from "../map/chunk.ts";
import { siteOfUser } from "../doors.ts";

export class SubmissionSites {
  readonly #sites = new WeakMap<object, Site>();
  #lastFunction: Function | undefined;
  #lastSite: Site | undefined;

  /**
   * Where `fn` was submitted first: here, if it is new. A map tells its items' errors itself where it was made.
   *
   * @param record - `undefined` where it could not be published.
   */
  of(fn: Function, record: FunctionRecord | undefined): Site | undefined {
    if (fn === this.#lastFunction) return this.#lastSite;
    const code = record?.code ?? fn;
    let site = this.#sites.get(code);
    if (site === undefined && fn !== runChunk) {
      site = siteOfUser();
      this.#sites.set(code, site);
    }
    this.#lastFunction = fn;
    this.#lastSite = site;
    return site;
  }
}

/** Adds the place to the stack that an error brought from its worker. */
export function tellSite(error: unknown, site: Site | undefined): void {
  if (site !== undefined) tellOrigin(error, "first submitted", site);
}
