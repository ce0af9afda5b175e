/**
 * Where things stand in the heap's first page, and how pages are cut. All of it is shared between threads,
 * and most of it between processes: a change here is a new {@link LAYOUT_VERSION}.
 *
 * ```text
 * bytes          name         values                                      written by
 * 0              magic        MAGIC                                       the creator, once
 * 4              version      LAYOUT_VERSION                              the creator, once
 * 8              frontier     index of the first page never handed out    any thread, by CAS
 * 12             serial       the next serial number                      any thread, by add
 * 16             seats        how many seats have ever been taken         any thread, by CAS
 * 20 … 63                     of a heap of processes only, see segment-layout.ts
 * 64  + 4·order  span stack   tag (16 bits) | page index (16 bits)        any thread, by CAS
 * 128            threads      address of the roster of threads, 0: none   who first needs it, by CAS
 * 132            shapes       address of the shared key lists, 0: none    who first needs it, by CAS
 * 4096 + 8·arena lease        0; the token of the lessee; below 0: its    any thread, by CAS
 *                             end is being settled, see seats.ts
 *        … + 4   first page   address of the arena's first page, 0: none  its lessee
 * 20480 + 16·i   seat         who sits on seat i, see seats.ts            the lessee of arena i; who settles its end
 * 53248 + 4·arena ledger      address of the lessee's ledger, 0: none     its lessee; who settles it, by exchange
 * 65536 …        pages
 * ```
 */
export const MAGIC = 0x4c444548;
export const LAYOUT_VERSION = 5;

export const MAGIC_WORD = 0;
export const VERSION_WORD = 4;
export const FRONTIER_WORD = 8;
export const SERIAL_WORD = 12;
export const SEATS_WORD = 16;
export const THREADS_WORD = 128;
export const SHAPES_WORD = 132;

/** Bytes in a page: the unit in which `WebAssembly.Memory` grows. */
export const PAGE_BYTES = 65536;
/** Addresses are 32 bits, so a heap has at most 4 GiB. */
export const MAX_PAGES = 65536;

/** A span of order n is 2ⁿ pages. */
export const MAX_ORDER = 15;
export const spanStack = (order: number): number => 64 + 4 * order;

export const MAX_ARENAS = 2048;
export const leaseWord = (arena: number): number => 4096 + 8 * arena;
export const firstPageWord = (arena: number): number => 4096 + 8 * arena + 4;
export const seatAt = (seat: number): number => 20480 + 16 * seat;
export const ledgerWord = (arena: number): number => 53248 + 4 * arena;

/**
 * Every page, or span of pages, that holds blocks begins with this header.
 *
 * ```text
 * bytes  name    values                                            written by
 * 0      arena   the arena that owns the page; LARGE for a span    the owner, before any block leaves
 * 4      size    bytes of one block; for a span its order          the owner, before any block leaves
 * 8      link    the arena's next page; in a span stack, the next  the owner; the pusher (read by any popper)
 * 12     back    the arena's page before, 0 for the first          the owner
 * 64     local   first free block, linked by its first word        the owner
 * 68     fresh   offset of the first block never handed out        the owner
 * 72     used    blocks handed out, less those seen to come back   the owner
 * 128    remote  first block freed by others, linked alike         any thread, by CAS; owner, by exchange
 * ```
 *
 * Three lines of memory: what all read and hardly anybody writes, what the owner writes for each block that it takes, and what
 * the others write for each that they free. So the two sides of a queue do not take one line from each other for each value.
 */
export const PAGE_HEADER_BYTES = 192;
export const ARENA = 0;
export const SIZE = 4;
export const LINK = 8;
export const BACK = 12;
export const LOCAL = 64;
export const FRESH = 68;
export const USED = 72;
export const REMOTE = 128;

/** In the arena word: the page begins a span that is one block. */
export const LARGE = 0x7fffffff;
