/**
 * What a run has finished, on disk, so that another run can go on from there.
 *
 * One row for each finished chunk, with its lines as they go to the output. A row is there wholly or not at all, and once
 * `append` returns it survives the end of the process and of the machine.
 *
 * ```text
 * run       key, value                    which function, over which input
 * finished  first → items, failed, lines  items first … first + items - 1; rows never overlap
 * ```
 *
 * @packageDocumentation
 */
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type * as Sqlite from "node:sqlite";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { CommandError, oneLine, systemReason } from "./errors.ts";
import type { Finished } from "./sequencer.ts";

/** What a run works on. A journal serves only runs that agree in all of it. */
export interface RunIdentity {
  /** The address of the module. */
  readonly module: string;
  readonly export: string;
  readonly input: string;
  readonly format: string;
}

/** A finished chunk, as recorded. */
export interface Recorded extends Finished {
  readonly failed: number;
}

/** Where a recorded chunk lies. */
type RecordedPlace = Omit<Recorded, "lines">;

/** Marks a SQLite file as a journal of this command, in its header. */
const APPLICATION_ID = 0x48_64_64_6c;
/** Grows when older releases could not read the file. */
const FORMAT_VERSION = 1;
/** How many places are read from the file at a time. */
const PAGE_ROWS = 4096;

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const SQLITE_NOT_A_DATABASE = 26;

/** One journal file, held by this process alone until it is closed. */
export class Journal {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #selectPlaces: StatementSync;
  readonly #selectLines: StatementSync;
  /** How many items the file had when it was opened, and how many of them failed. */
  readonly recorded: { readonly items: number; readonly failed: number };
  /** Places from the last page read, those before `#pageAt` already passed. */
  #page: RecordedPlace[] = [];
  #pageAt = 0;
  #pageIsLast = false;

  /**
   * Starts a journal, or continues one.
   *
   * @param resume - Whether the file may have records. A file that does not exist is started in any case.
   * @throws `CommandError` with the code `ERR_HEDDLE_JOURNAL` when the file exists and `resume` is false, when it was
   * written for something else, is no journal, is in use, or cannot be opened.
   */
  constructor(path: string, identity: RunIdentity, resume: boolean) {
    this.#path = path;
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      throw this.#refusal(systemReason({ code: "EISDIR" }));
    const isNew = !existsSync(path) || statSync(path).size === 0;
    this.#database = this.#open();
    try {
      if (isNew) this.#create(identity);
      else this.#check(identity, resume);
      this.#insert = this.#database.prepare("INSERT INTO finished VALUES (?, ?, ?, ?)");
      this.#selectPlaces = this.#database.prepare(
        `SELECT first, items AS count, failed FROM finished WHERE first >= ? ORDER BY first LIMIT ${PAGE_ROWS}`,
      );
      this.#selectLines = this.#database.prepare("SELECT lines FROM finished WHERE first = ?");
      this.recorded = this.#totals();
    } catch (error) {
      this.#database.close();
      throw this.#failure("use", error);
    }
  }

  /**
   * The first recorded chunk at or after `first`, without its lines. Ask for ever greater ones only: what lies
   * before is forgotten.
   */
  next(first: number): RecordedPlace | undefined {
    while (!this.#pageIsLast || this.#pageAt < this.#page.length) {
      const place = this.#page[this.#pageAt];
      if (place === undefined) this.#readPage(first);
      else if (place.first < first) this.#pageAt++;
      else return place;
    }
    return undefined;
  }

  /** The lines of the recorded chunk that begins with the item `first`. */
  lines(first: number): string {
    return (this.#selectLines.get(first) as { lines: string }).lines;
  }

  /**
   * Records finished chunks, all or none. On disk when it returns.
   *
   * @throws `CommandError` with the code `ERR_HEDDLE_JOURNAL` when that fails. None is recorded then.
   */
  append(chunks: readonly Recorded[]): void {
    try {
      this.#database.exec("BEGIN");
      for (const { first, count, failed, lines } of chunks) this.#insert.run(first, count, failed, lines);
      this.#database.exec("COMMIT");
    } catch (error) {
      throw this.#failure("write", error);
    }
  }

  close(): void {
    this.#database.close();
  }

  #open(): DatabaseSync {
    const { DatabaseSync } = sqlite();
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(this.#path);
      // Exclusive: a second run must not write here, and the shared index of the write-ahead log is not needed.
      database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      return database;
    } catch (error) {
      database?.close();
      throw this.#failure("open", error);
    }
  }

  #create(identity: RunIdentity): void {
    const rows = Object.entries(identity).map(([key, value]) => `('${key}', ${quotedSql(value)})`);
    this.#database.exec(`
      BEGIN;
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${FORMAT_VERSION};
      CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      CREATE TABLE finished (first INTEGER PRIMARY KEY, items INTEGER NOT NULL, failed INTEGER NOT NULL, lines TEXT NOT NULL) STRICT;
      INSERT INTO run VALUES ${rows.join(", ")};
      COMMIT`);
  }

  #check(identity: RunIdentity, resume: boolean): void {
    if (!this.#isJournal()) {
      // A run that was killed before it recorded what it works on leaves a file with nothing in it.
      const isEmpty =
        this.#number("SELECT count(*) FROM sqlite_schema") === 0 &&
        this.#number("PRAGMA application_id") === 0;
      if (isEmpty) return this.#create(identity);
      throw this.#refusal("it is not a journal of heddle map");
    }
    if (this.#number("PRAGMA user_version") !== FORMAT_VERSION)
      throw this.#refusal("another version of heddle wrote it");
    if (!resume) {
      const { items } = this.#totals();
      throw this.#refusal(
        `it exists, with ${items} inputs done; add --resume to go on, or delete it to start anew`,
      );
    }
    for (const { key, value } of this.#database.prepare("SELECT key, value FROM run").all() as {
      key: keyof RunIdentity;
      value: string;
    }[]) {
      if (identity[key] !== value)
        throw this.#refusal(`it was written for the ${key} ${value}, and this is ${identity[key]}`);
    }
  }

  #isJournal(): boolean {
    return this.#number("PRAGMA application_id") === APPLICATION_ID;
  }

  #totals(): { items: number; failed: number } {
    const sums = "SELECT coalesce(sum(items), 0) AS items, coalesce(sum(failed), 0) AS failed FROM finished";
    return this.#database.prepare(sums).get() as { items: number; failed: number };
  }

  #number(query: string): number {
    return Object.values(this.#database.prepare(query).get()!)[0] as number;
  }

  #readPage(first: number): void {
    this.#page = this.#selectPlaces.all(first) as unknown as RecordedPlace[];
    this.#pageAt = 0;
    this.#pageIsLast = this.#page.length < PAGE_ROWS;
  }

  #refusal(problem: string): CommandError {
    return new CommandError("ERR_HEDDLE_JOURNAL", `Cannot use the journal ${this.#path}: ${problem}`);
  }

  #failure(verb: string, error: unknown): CommandError {
    if (error instanceof CommandError) return error;
    const reason = this.#reason((error as { errcode?: number }).errcode, error);
    return new CommandError("ERR_HEDDLE_JOURNAL", `Cannot ${verb} the journal ${this.#path}: ${reason}`, {
      cause: error,
    });
  }

  #reason(code: number | undefined, error: unknown): string {
    if (code === SQLITE_BUSY) return "another run is using it";
    if (code === SQLITE_FULL) return "no space left on the disk";
    if (code === SQLITE_NOT_A_DATABASE) return "it is not a journal of heddle map";
    if (!existsSync(dirname(this.#path))) return systemReason({ code: "ENOENT" });
    return oneLine(error);
  }
}

function quotedSql(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Loads SQLite only for those who keep a journal, and without the warning that older releases of Node 24 print. */
function sqlite(): typeof Sqlite {
  // oxlint-disable-next-line typescript/unbound-method -- only put back where it was
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
