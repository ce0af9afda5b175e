/** What is kept in a heap, for who has no use for the primitives: with the door of the layer come all of them. */
export { storedValuesIn } from "./stored-values.ts";
