import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync, chmodSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { Journal, type Recorded, type RunIdentity } from "./journal.ts";

const IDENTITY: RunIdentity = {
  module: "file:///it's.ts",
  export: "f",
  input: "in.txt (3 bytes)",
  format: "lines",
};

function chunk(first: number, count: number, failed = 0): Recorded {
  return {
    first,
    count,
    failed,
    lines: Array.from({ length: count }, (_, offset) => `{"index":${first + offset}}\n`).join(""),
  };
}

describe("Journal", () => {
  let folder: string;
  let path: string;
  let number = 0;
  before(() => (folder = mkdtempSync(join(tmpdir(), "heddle-journal-"))));
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => (path = join(folder, `${number++}.journal`)));

  const refuses = (identity: RunIdentity, resume: boolean, message: RegExp): void =>
    assert.throws(() => new Journal(path, identity, resume), {
      name: "CommandError",
      code: "ERR_HEDDLE_JOURNAL",
      message,
    });

  /** Leaves a journal with these chunks. */
  function written(...chunks: Recorded[]): void {
    const journal = new Journal(path, IDENTITY, false);
    journal.append(chunks);
    journal.close();
  }

  test("gives the chunks back in order, with their lines, however they were written", () => {
    written(chunk(10, 5, 2), chunk(0, 3), chunk(3, 1));
    const journal = new Journal(path, IDENTITY, true);
    assert.deepEqual({ ...journal.recorded }, { items: 9, failed: 2 });
    assert.deepEqual({ ...journal.next(0) }, { first: 0, count: 3, failed: 0 });
    assert.deepEqual({ ...journal.next(3) }, { first: 3, count: 1, failed: 0 });
    assert.deepEqual({ ...journal.next(4) }, { first: 10, count: 5, failed: 2 });
    assert.equal(journal.lines(10), chunk(10, 5).lines);
    assert.equal(journal.next(15), undefined);
    journal.close();
  });

  test("gives back more chunks than it reads at a time", () => {
    written(...Array.from({ length: 10_000 }, (_, index) => chunk(index * 2, 1)));
    const journal = new Journal(path, IDENTITY, true);
    for (let index = 0; index < 10_000; index++) assert.equal(journal.next(index * 2)?.first, index * 2);
    assert.equal(journal.next(20_000), undefined);
    journal.close();
  });

  test("does not hand out what this very run appends behind it", () => {
    const journal = new Journal(path, IDENTITY, true);
    assert.equal(journal.next(0), undefined);
    journal.append([chunk(0, 2)]);
    assert.equal(journal.next(2), undefined);
    journal.close();
  });

  test("starts a new file with or without resume, and an empty one too", () => {
    new Journal(path, IDENTITY, true).close();
    writeFileSync(`${path}2`, "");
    new Journal(`${path}2`, IDENTITY, false).close();
  });

  test("refuses a file that exists without resume, and says what to do", () => {
    written(chunk(0, 7));
    refuses(
      IDENTITY,
      false,
      /: it exists, with 7 inputs done; add --resume to go on, or delete it to start anew$/,
    );
  });

  test("refuses another module, export, input or format, naming both", () => {
    written(chunk(0, 1));
    for (const key of ["module", "export", "input", "format"] as const) {
      refuses(
        { ...IDENTITY, [key]: "other" },
        true,
        new RegExp(`: it was written for the ${key} .+, and this is other$`),
      );
    }
    new Journal(path, IDENTITY, true).close();
  });

  test("refuses a file that is something else, and leaves it alone", () => {
    writeFileSync(path, "some text that is long enough to be no empty file at all\n".repeat(50));
    refuses(IDENTITY, true, /^Cannot open the journal .*: it is not a journal of heddle map$/);
    const other = new DatabaseSync(`${path}.db`);
    other.exec("CREATE TABLE mine (x)");
    other.close();
    path = `${path}.db`;
    refuses(IDENTITY, true, /: it is not a journal of heddle map$/);
  });

  test("refuses a journal that another run has open", () => {
    const journal = new Journal(path, IDENTITY, false);
    refuses(IDENTITY, true, /^Cannot open the journal .*: another run is using it$/);
    journal.close();
  });

  test("refuses a folder that is not there, in words", () => {
    path = join(folder, "nowhere", "j");
    refuses(IDENTITY, false, /^Cannot open the journal .*: no such file$/);
  });

  test("takes a file that a killed run left before its first commit for a new one", () => {
    const database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = WAL");
    database.close();
    assert.ok(existsSync(path));
    new Journal(path, IDENTITY, true).close();
  });

  test("records all chunks of a batch or none", () => {
    const journal = new Journal(path, IDENTITY, false);
    journal.append([chunk(0, 1)]);
    assert.throws(() => journal.append([chunk(5, 1), chunk(0, 1)]), { code: "ERR_HEDDLE_JOURNAL" });
    journal.close();
    const again = new Journal(path, IDENTITY, true);
    assert.equal(again.recorded.items, 1);
    again.close();
  });

  test(
    "says so when the file may not be written",
    { skip: process.getuid?.() === 0 && "root may write everything" },
    () => {
      written(chunk(0, 1));
      chmodSync(path, 0o444);
      refuses(IDENTITY, true, /^Cannot (open|use) the journal /);
    },
  );
});
