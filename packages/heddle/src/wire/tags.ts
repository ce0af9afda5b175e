/**
 * The first byte of every value in a message: what kind it is and, for the commonest ones, the value itself.
 *
 * Tags are wire format. A new meaning for an old number changes {@link WIRE_VERSION}; a new number does not.
 * `docs/design/0002-wire-format.md` has the layout that follows each tag.
 *
 * @packageDocumentation
 */

/** First byte of every message. Both ends run the same release, so there is no negotiation: another version is refused. */
export const WIRE_VERSION = 0xd3;
/** Bytes of the header: version, flags. */
export const HEADER_BYTES = 2;
/** Flag: the message refers back to objects in it, so the reader must number them as it goes. */
export const FLAG_REFERENCES = 1;
/** Flag: the message ends with its text, one byte a character, and u32 how many there are. */
export const FLAG_TEXT = 2;
/** Flag, beside {@link FLAG_TEXT}: two bytes a character. */
export const FLAG_WIDE_TEXT = 4;

/** Integers from -SMALL_INT_BIAS up are their own tag, biased. */
export const SMALL_INT_BIAS = 32;
/** One past the last tag that is an integer. */
export const SMALL_INT_END = 0x80;
/** 0x80 + length: a string of at most {@link SHORT_STRING_MAX} characters, the next ones of the text. */
export const SHORT_STRING = 0x80;
/** Longest string whose length is in its tag. */
export const SHORT_STRING_MAX = 39;
/** 0xa8 + length: that many values follow. */
export const SHORT_ARRAY = 0xa8;
/** Longest array whose length is in its tag. */
export const SHORT_ARRAY_MAX = 7;
/** 0xb0 + index: an object of the shape that this message introduced as number `index`. */
export const SHAPE_AGAIN = 0xb0;
/** One past the last shape index that is in its tag. */
export const SHAPE_AGAIN_END = 8;
/** Most shapes that a message introduces by number; later ones are introduced each time. */
export const MAX_SHAPES = 0xffff;

export const UNDEFINED = 0xb8;
export const NULL = 0xb9;
export const TRUE = 0xba;
export const FALSE = 0xbb;
export const INT32 = 0xbc;
export const FLOAT64 = 0xbd;
/** u32 length, Latin-1 bytes. */
export const LATIN1_STRING = 0xbe;
/** u32 length in code units, UTF-16 little endian. */
export const UTF16_STRING = 0xbf;
/** A block of keys, then one value per key. */
export const NEW_SHAPE = 0xc0;
/** u16 index of a shape that this message introduced, then one value per key. */
export const SHAPE_BY_INDEX = 0xc1;
/** Pairs of key and value up to {@link END}. */
export const DICTIONARY = 0xc2;
/** The same, with no prototype. */
export const NULL_DICTIONARY = 0xc3;
/** u32 length, values. */
export const ARRAY = 0xc4;
/** u32 length, int32 each. */
export const INT32_ARRAY = 0xc5;
/** u32 length, float64 each. */
export const FLOAT64_ARRAY = 0xc6;
/** u32 length, then pairs of key (an index or a name) and value up to {@link END}. */
export const SPARSE_ARRAY = 0xc7;
/** u32 number of an object that came before in this message. */
export const REFERENCE = 0xc8;
/** Closes a run whose length was not known beforehand. */
export const END = 0xc9;
/** u32 number of 64-bit words, u8 sign, words from the highest, each with its highest byte first. */
export const BIGINT = 0xca;
/** u32 number of keys and values together, key and value by turns. */
export const MAP = 0xcb;
/** u32 number of members, members. */
export const SET = 0xcc;
/** float64 milliseconds. */
export const DATE = 0xcd;
/** Source, flags, last index. */
export const REGEXP = 0xce;
/** u8 kind, u8 whether a class follows, its record; message and name of a DOMException; hidden fields up to END, enumerable ones up to END. */
export const ERROR = 0xcf;
/** A symbol of `Symbol.for`: its key. */
export const REGISTERED_SYMBOL = 0xd0;
/** A well-known symbol: its name on `Symbol`. */
export const WELL_KNOWN_SYMBOL = 0xd1;
/** Boxed boolean, number, string, bigint or symbol: the primitive. */
export const BOXED = 0xd2;
/** u32 length, u8 bytes to skip, those, the bytes. */
export const ARRAY_BUFFER = 0xd3;
/** u32 longest length, then an ARRAY_BUFFER with its tag. */
export const RESIZABLE_BUFFER = 0xd4;
/** u8 class, u32 offset, u32 length (0xffffffff: as long as the buffer), the buffer. */
export const VIEW = 0xd5;
/** A Buffer that is all of its memory: like VIEW, without class. */
export const BUFFER = 0xd6;
/** u32 index among the values that travel beside the bytes. */
export const SIDE_ITEM = 0xd7;
/** The record of a published function: u32 address, u32 serial. */
export const FUNCTION = 0xd8;
/** The record of a class, then its own fields as a shape or a DICTIONARY. */
export const INSTANCE = 0xd9;
/** The record of a class, a built-in value, pairs of key and value up to END: an instance of a subclass of a built-in. */
export const SUBCLASS = 0xda;
/** The kind, the address. */
export const HANDLE = 0xdb;
/** The href. */
export const URL_TAG = 0xdc;
/** The text. */
export const SEARCH_PARAMS = 0xdd;
/** Pairs of name and value up to END. */
export const HEADERS = 0xde;
/** The reason. */
export const ABORTED_SIGNAL = 0xdf;
/** The port that brings the abort, a SIDE_ITEM. */
export const LIVE_SIGNAL = 0xe0;
/** A Buffer that is a part of its memory: like ARRAY_BUFFER. */
export const BUFFER_PART = 0xe1;
/** u32 number by which all threads know a SharedArrayBuffer. */
export const SHARED_BUFFER = 0xe2;
/** The same as DICTIONARY, of so many keys that the object is a hash table from the start. */
export const LARGE_DICTIONARY = 0xe3;
/** An empty container. Its contents follow after the value of the message. */
export const POSTPONED = 0xe4;
/** u8 length: a string of so many characters, the next ones of the text. */
export const TEXT_STRING = 0xe5;
/** Longest string that stands in the text. */
export const TEXT_STRING_MAX = 255;
/** The kind, where its heap is found, the address. */
export const FOREIGN_HANDLE = 0xe6;
/** A shared heap: where it is found. */
export const SHARED_HEAP = 0xe7;
/** u16 number by which all threads of the heap know a shape, then one value per key. */
export const SHARED_SHAPE = 0xe8;
/** u32 number of lists, then each as number-lists.ts says: an array of nothing but short lists of numbers. */
export const NUMBER_LISTS = 0xe9;
/** A plain value that stands for an object which only the two sides know how to name. */
export const STAND_IN = 0xf0;
/** The same for a function. */
export const STAND_IN_FUNCTION = 0xf1;
/** The kind, then a plain value by which any thread of any process can get at the thing. */
export const TICKET = 0xf2;
