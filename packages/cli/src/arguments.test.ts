import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseCommandLine } from "./arguments.ts";
import type { MapArguments } from "./map-arguments.ts";

function map(...words: string[]): MapArguments {
  const command = parseCommandLine(["map", ...words]);
  assert.equal(command.kind, "map");
  return (command as { map: MapArguments }).map;
}

function refused(words: string[], message: RegExp): void {
  assert.throws(() => parseCommandLine(words), { name: "CommandError", code: "ERR_HEDDLE_USAGE", message });
}

describe("parseCommandLine()", () => {
  test("takes the default export, all threads and automatic chunks when nothing else is said", () => {
    assert.deepEqual(map("a.ts", "x", "y"), {
      module: "a.ts",
      exportName: "default",
      items: ["x", "y"],
      on: "threads",
      chunk: "auto",
      ordered: false,
      retries: 0,
      halt: "never",
      resume: false,
      progress: true,
    });
  });

  test("takes every option of the help", () => {
    const given = map(
      ..."m.ts#f --input in.csv --format csv --on inline --jobs 3 --chunk 7 --output o --ordered --retries 2".split(
        " ",
      ),
      ..."--halt soon --journal j --resume --no-progress".split(" "),
    );
    assert.deepEqual(given, {
      module: "m.ts",
      exportName: "f",
      items: [],
      input: "in.csv",
      format: "csv",
      on: "inline",
      jobs: 3,
      chunk: 7,
      output: "o",
      ordered: true,
      retries: 2,
      halt: "soon",
      journal: "j",
      resume: true,
      progress: false,
    });
    assert.equal(map("m.ts", "x", "--timeout", "1.5").timeoutMs, 1.5);
    assert.equal(map("m.ts", "--input", "-").input, "-");
    assert.equal(map("m.ts", "--input=-").input, "-");
  });

  test("parts module and export at the last #, and refuses an empty half", () => {
    assert.equal(map("a#b.ts#f", "x").module, "a#b.ts");
    refused(["map", "#f", "x"], /write MODULE#EXPORT/);
    refused(["map", "m.ts#", "x"], /write MODULE#EXPORT/);
  });

  test("takes items that begin with a dash after --", () => {
    assert.deepEqual(map("m.ts", "--", "-5", "--on").items, ["-5", "--on"]);
    refused(["map", "m.ts", "-5"], /an ITEM that begins with - goes after --/);
  });

  test("asks for help and version, wherever they stand", () => {
    for (const words of [["--help"], ["-h"], ["help"], ["map", "--help"], ["map", "m.ts", "-h"]]) {
      assert.equal(parseCommandLine(words).kind, "help");
    }
    assert.deepEqual(parseCommandLine(["help", "bench"]), { kind: "help", of: "bench" });
    refused(["help", "bnech"], /^Cannot run "bnech": there is no such command; did you mean heddle bench\?$/);
    assert.equal(parseCommandLine(["--version"]).kind, "version");
    assert.equal(parseCommandLine(["map", "--version"]).kind, "version");
  });

  test("names an unknown option, and the one that was probably meant", () => {
    refused(["map", "m.ts", "--inptu", "x"], /^Cannot use --inptu: .* did you mean --input\?$/);
    refused(["map", "m.ts", "--retry", "3"], /did you mean --retries\?$/);
    refused(["map", "m.ts", "--frobnicate"], /^Cannot use --frobnicate: .* see heddle map --help$/);
    refused(["map", "m.ts", "-x"], /^Cannot use -x: there is no such option/);
  });

  test("names the option whose value is missing, unwanted, repeated or wrong", () => {
    refused(["map", "m.ts", "--input"], /^Cannot use --input without a value; write --input FILE/);
    refused(["map", "m.ts", "--input", "--ordered"], /^Cannot use --input without a value/);
    refused(["map", "m.ts", "--output="], /^Cannot use --output without a value/);
    refused(["map", "m.ts", "x", "--ordered=yes"], /^Cannot give --ordered a value/);
    refused(["map", "m.ts", "x", "--jobs", "2", "--jobs", "3"], /^Cannot use --jobs twice$/);
    refused(["map", "m.ts", "x", "--jobs", "0"], /^Cannot use --jobs 0: it takes a whole number, 1 or more$/);
    refused(["map", "m.ts", "x", "--jobs", "-1"], /^Cannot use --jobs -1: /);
    refused(["map", "m.ts", "x", "--jobs", "5000"], /at most 1024 threads/);
    refused(["map", "m.ts", "x", "--chunk", "big"], /1 or more, or auto$/);
    refused(["map", "m.ts", "x", "--retries", "1.5"], /^Cannot use --retries 1.5: /);
    refused(["map", "m.ts", "x", "--timeout", "soon"], /^Cannot use --timeout soon: it takes milliseconds/);
    refused(["map", "m.ts", "x", "--timeout", "0"], /above 0/);
    refused(["map", "m.ts", "x", "--timeout", "0x10"], /^Cannot use --timeout 0x10: it takes milliseconds/);
    refused(["map", "m.ts", "x", "--format", "jsn"], /^Cannot use --format jsn: did you mean json\?$/);
    refused(["map", "m.ts", "x", "--halt", "perhaps"], /it is one of never, soon, now$/);
  });

  test("knows the cases of bench and the shells of completion, and what was probably meant", () => {
    assert.deepEqual(parseCommandLine(["bench", "lock", "call", "lock", "--time", "20"]), {
      kind: "bench",
      bench: { cases: ["call", "lock"], timeMs: 20, json: false },
    });
    refused(["bench", "lok"], /^Cannot measure "lok": .* did you mean lock\?$/);
    refused(["bench", "--tiem", "20"], /^Cannot use --tiem: .* did you mean --time\?$/);
    assert.deepEqual(parseCommandLine(["completion", "zsh"]), { kind: "completion", shell: "zsh" });
    refused(["completion"], /^Cannot complete: write heddle completion bash\|zsh\|fish$/);
    refused(["completion", "fissh"], /did you mean fish\?$/);
  });

  test("refuses options that contradict each other", () => {
    refused(["map", "m.ts", "x", "--input", "f"], /^Cannot use --input together with ITEMs/);
    refused(["map", "m.ts"], /^Cannot map: no input; give ITEMs, --input FILE/);
    refused(["map"], /^Cannot map: no module given/);
    refused(["map", "m.ts", "x", "--format", "csv"], /^Cannot read ITEMs as csv/);
    refused(["map", "m.ts", "x", "--resume"], /^Cannot use --resume without --journal FILE/);
    refused(["map", "m.ts", "x", "--timeout", "5", "--chunk", "2"], /^Cannot use --timeout with --chunk 2/);
    refused(
      ["map", "m.ts", "x", "--on", "processes", "--chunk", "2"],
      /^Cannot use --on processes with --chunk 2/,
    );
  });

  test("says of what later releases bring that it is not there yet", () => {
    for (const command of ["top", "trace", "worker"]) {
      refused([command], new RegExp(`^Cannot run heddle ${command}: it is not available yet`));
    }
    refused(
      ["map", "m.ts", "x", "--on", "redis://h:1"],
      /^Cannot run --on redis:\/\/h:1: it is not available yet/,
    );
    refused(["map", "m.ts", "x", "--on", "thread"], /did you mean threads\?$/);
    refused(["maap"], /^Cannot run "maap": there is no such command; did you mean heddle map\?$/);
    refused(["perform"], /heddle --help lists them$/);
    refused([], /no command given/);
  });
});
