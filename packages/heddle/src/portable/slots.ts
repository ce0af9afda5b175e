/**
 * What a name of a function is bound to, in the words of a record.
 *
 * A slot is three words: a tag and, for RECORD, an address and a serial; for INLINE, an index into the tail.
 */
export const SLOT_WORDS = 3;

export const SlotTag = {
  /** A primitive in the tail of the record. */
  INLINE: 0,
  /** What another record describes. */
  RECORD: 1,
  /** `require` of the module that the code stands in. */
  REQUIRE: 2,
  /** A function that gives back its argument: what it gives is called without `this`. */
  CALL: 3,
  /** `import()` as in the module that the code stands in. */
  IMPORT: 4,
  /** `import.meta` of the module that the code stands in. */
  META: 5,
  /** A function that gives the function that is its first argument the name that is its second. */
  NAME: 6,
} as const;
export type SlotTag = (typeof SlotTag)[keyof typeof SlotTag];

/** Where a property that is sent along with a function goes. */
export const PropertyOwner: { readonly FUNCTION: 0; readonly PROTOTYPE: 1 } = { FUNCTION: 0, PROTOTYPE: 1 };

/** Words of a property: its owner, the index of its name in the tail, a slot. */
export const PROPERTY_WORDS: number = 2 + SLOT_WORDS;

/** Words before the slots of a function: its code's address and serial, how many slots, how many properties. */
export const FUNCTION_HEAD_WORDS = 4;
