/** What is loaded when it is first used. */
export { copy, loadPart, providedPart, providePart } from "./load-part.ts";
