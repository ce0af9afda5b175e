import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { byIndex, FUNCTIONS, heddle, resultLines, startHeddle, ended } from "./fixtures/run-heddle.ts";

let folder: string;
before(() => (folder = mkdtempSync(join(tmpdir(), "heddle-command-"))));
after(() => rmSync(folder, { recursive: true }));

const PLACES = ["threads", "processes", "inline"] as const;
const path = (name: string): string => join(folder, name);
function file(name: string, text: string): string {
  writeFileSync(path(name), text);
  return path(name);
}
const numbers = (count: number): string => Array.from({ length: count }, (_, at) => `${at}\n`).join("");

describe("heddle", () => {
  test("--help and --version answer on standard output", async () => {
    const help = await heddle(["--help"]);
    assert.equal(help.status, 0);
    assert.match(help.stdout, /^heddle map MODULE\[#EXPORT\] \[ITEM\.\.\.\]/);
    assert.match(help.stdout, /^heddle advise MODULE\[#EXPORT\] \[ITEM\.\.\.\]/m);
    assert.doesNotMatch(help.stdout, /trace|redis/);
    const ofMap = (await heddle(["map", "--help"])).stdout;
    assert.match(ofMap, /--resume/);
    assert.doesNotMatch(ofMap, /redis/);
    assert.equal((await heddle(["help", "map"])).stdout, ofMap);
    for (const command of ["map", "advise", "bench", "completion"]) {
      const { status, stdout } = await heddle([command, "--help"]);
      assert.equal(status, 0);
      assert.ok(stdout.startsWith(`heddle ${command} `) && /^Examples\n {2}/m.test(stdout), stdout);
    }
    assert.match((await heddle(["--version"])).stdout, /^\d+\.\d+\.\d+/);
  });

  test("wrong usage is told in one line on standard error, with where it is explained, and status 2", async () => {
    const commands: [string[], RegExp][] = [
      [[], /no command given/],
      [["top", "1"], /heddle top: it is not available yet/],
      [["bench", "x"], /Cannot measure "x": it is none of the cases/],
      [["map", FUNCTIONS, "1", "--jbos", "2"], /did you mean --jobs\?/],
      [["map", `${FUNCTIONS}#duoble`, "1"], /it exports .*double.*; did you mean .*#double\?/],
      [["map", `${FUNCTIONS}#noFunction`, "1"], /noFunction is a number, not a function/],
      [["map", "./nowhere.ts", "1"], /Cannot use \.\/nowhere\.ts: no such file/],
      [["map", `${FUNCTIONS}#echo`, "--input", path("nowhere")], /nowhere: no such file/],
      [["map", `${FUNCTIONS}#echo`, "1", "--output", path("no/where")], /Cannot write .*: no such file/],
      [
        ["map", `${FUNCTIONS}#echo`, "--input", FUNCTIONS, "--output", FUNCTIONS],
        /for both --input and --output/,
      ],
      [["map", FUNCTIONS, "1", "--output", FUNCTIONS], /for both MODULE and --output/],
      [["map", folder, "1"], /^heddle: Cannot use \S+: it is a directory$/m],
      [
        ["map", `${FUNCTIONS}#echo`, "1", "--journal", folder],
        /Cannot use the journal \S+: it is a directory$/m,
      ],
    ];
    for (const [words, message] of commands) {
      const { status, stdout, stderr } = await heddle(words);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, /^heddle: [^\n]+\n  see \S+troubleshooting\.md#err_heddle_\w+\n$/);
      assert.match(stderr, message);
    }
  });
});

describe("heddle map", () => {
  for (const on of PLACES) {
    test(`--on ${on}: writes a JSON line for each item, and a summary on standard error`, async () => {
      const { status, stderr, lines } = await heddle([
        "map",
        `${FUNCTIONS}#double`,
        "--on",
        on,
        "--input",
        file("n.txt", numbers(1000)),
      ]);
      assert.equal(status, 0, stderr);
      assert.deepEqual(
        byIndex(lines),
        Array.from({ length: 1000 }, (_, at) => ({ index: at, input: at, result: at * 2 })),
      );
      assert.match(
        stderr,
        on === "inline"
          ? /^1,000 items in .* inline, .*none failed\n$/
          : /^1,000 items in .* on \d+ (threads?|process(es)?), .*\nthe work itself is /,
      );
    });

    test(`--on ${on}: calls async functions too`, async () => {
      const { lines } = await heddle([
        "map",
        `${FUNCTIONS}#asyncDouble`,
        "--on",
        on,
        "--jobs",
        "4",
        "--format",
        "numbers",
        "1",
        "2",
        "3",
      ]);
      assert.deepEqual(
        byIndex(lines).map(({ result }) => result),
        [2, 4, 6],
      );
    });

    test(`--on ${on}: fails only the items that throw, names them, and exits 1`, async () => {
      const { status, stderr, lines } = await heddle([
        "map",
        `${FUNCTIONS}#evenOnly`,
        "--on",
        on,
        "--input",
        file("odd.txt", numbers(100)),
      ]);
      assert.equal(status, 1);
      assert.equal(lines.length, 100);
      for (const { index, result, error } of lines) {
        if (index % 2 === 0) assert.equal(result, index);
        else
          assert.deepEqual(
            [error!.name, error!.message, error!.code],
            ["RangeError", `${index} is odd`, "E_ODD"],
          );
      }
      assert.match(stderr, /^failed: item \d+, \d+: RangeError: \d+ is odd\n/);
      assert.match(stderr, /failed: 40 more; their errors are in the output\n100 items in .* 50 failed/);
    });

    test(`--on ${on}: runs a failed item again, at most N times`, async () => {
      const [first, second] = [path(`a-${on}`), path(`b-${on}`)];
      const { status, lines } = await heddle([
        "map",
        `${FUNCTIONS}#failTimes`,
        "--on",
        on,
        "--retries",
        "2",
        `2 ${first}`,
        `3 ${second}`,
      ]);
      assert.equal(status, 1);
      const [recovered, failed] = byIndex(lines);
      assert.equal(recovered!.result, 3);
      assert.equal(failed!.error!.message, "call 3");
      assert.equal(failed!.error!.attempts, 3);
      assert.equal(readFileSync(second).length, 3);
    });

    test(`--on ${on}: --halt soon stops at the first failure, keeps what was done, and exits 1`, async () => {
      const { status, stderr, lines } = await heddle([
        "map",
        `${FUNCTIONS}#evenOnly`,
        "--on",
        on,
        "--halt",
        "soon",
        "--chunk",
        "1",
        "--input",
        file("halt.txt", numbers(10_000)),
      ]);
      assert.equal(status, 1);
      assert.ok(lines.length < 200, `${lines.length}`);
      assert.ok(lines.some(({ error }) => error !== undefined));
      assert.match(stderr, /; stopped at a failure after \d+/);
    });
  }

  test("passes the item and its index", async () => {
    const { lines } = await heddle(["map", `${FUNCTIONS}#index`, "a", "b", "c"]);
    assert.deepEqual(
      byIndex(lines).map(({ result }) => result),
      [0, 1, 2],
    );
  });

  test("runs on other threads, unless inline", async () => {
    assert.equal((await heddle(["map", `${FUNCTIONS}#thread`, "x"])).lines[0]!.result, false);
    assert.equal(
      (await heddle(["map", `${FUNCTIONS}#thread`, "x", "--on", "inline"])).lines[0]!.result,
      true,
    );
  });

  test("runs as many items at once as --jobs says", async () => {
    const words = ["map", `${FUNCTIONS}#together`, "--jobs", "3", "--format", "numbers", "3", "3", "3"];
    const { status, stderr } = await heddle(words, { env: { HEDDLE_TEST_CALLS: path("together") } });
    assert.equal(status, 0);
    assert.match(stderr, / on 3 threads/);
  });

  test("takes the default export of a module, JavaScript or TypeScript, by a path from the current folder", async () => {
    file("half.mjs", "export default (n) => n / 2;");
    const { lines } = await heddle(["map", "half.mjs", "--format", "numbers", "8"], { cwd: folder });
    assert.deepEqual(lines, [{ index: 0, input: 8, result: 4 }]);
  });

  test("takes functions of packages and of Node itself", async () => {
    const { lines } = await heddle(["map", "node:path#basename", "a/b.txt"]);
    assert.equal(lines.length, 1);
  });

  test("--ordered writes results in the order of the input, whatever takes how long", async () => {
    const input = file(
      "times.txt",
      Array.from({ length: 200 }, (_, at) => `${at % 7 === 0 ? 300_000 : 10}\n`).join(""),
    );
    const { lines } = await heddle(["map", `${FUNCTIONS}#squares`, "--ordered", "--input", input]);
    assert.deepEqual(
      lines.map(({ index }) => index),
      Array.from({ length: 200 }, (_, at) => at),
    );
  });

  test("--output writes to a file, nothing to standard output, and replaces what was there", async () => {
    const output = file("out.jsonl", "old\n");
    const { status, stdout } = await heddle(["map", `${FUNCTIONS}#echo`, "a", "b", "--output", output]);
    assert.equal(status, 0);
    assert.equal(stdout, "");
    assert.deepEqual(
      byIndex(resultLines(readFileSync(output, "utf8"))).map(({ result }) => result),
      ["a", "b"],
    );
  });

  test(
    "says in one line why it cannot write any more, and exits 2",
    { skip: !existsSync("/dev/full") },
    async () => {
      const { status, stderr } = await heddle(["map", `${FUNCTIONS}#echo`, "a", "--output", "/dev/full"]);
      assert.equal(status, 2);
      assert.match(
        stderr,
        /\nheddle: Cannot write \/dev\/full: no space left on the disk\n  see .*#err_heddle_output\n$/,
      );
    },
  );

  test("a mistake leaves an existing output alone", async () => {
    const output = file("precious.jsonl", "old\n");
    await heddle(["map", `${FUNCTIONS}#echo`, "--input", path("nowhere"), "--output", output]);
    assert.equal(readFileSync(output, "utf8"), "old\n");
  });

  test("reads standard input with --input -, as lines", async () => {
    const { lines } = await heddle(["map", `${FUNCTIONS}#kind`, "--input", "-"], { input: "1\n2" });
    assert.deepEqual(
      byIndex(lines).map(({ input, result }) => [input, result]),
      [
        ["1", "string"],
        ["2", "string"],
      ],
    );
  });

  test("gives the result of a line before the next one is there, and stops while it waits for one", async () => {
    const child = startHeddle(["map", `${FUNCTIONS}#echo`, "--input", "-"]);
    const end = ended(child);
    for (const line of ["first", "second"]) {
      child.stdin!.write(`${line}\n`);
      const [result] = (await once(child.stdout!, "data")) as [Buffer];
      assert.match(String(result), new RegExp(`"result":"${line}"`));
    }
    child.kill("SIGINT");
    const { status, stderr } = await end;
    assert.equal(status, 130);
    assert.match(stderr, /; interrupted after 2$/m);
  });

  test("reads json and csv, by the file's extension or by --format", async () => {
    const csv = await heddle(["map", `${FUNCTIONS}#echo`, "--input", file("t.csv", 'a,b\n"x\ny",2\n')]);
    assert.deepEqual(csv.lines[0]!.result, { a: "x\ny", b: "2" });
    const array = await heddle(["map", `${FUNCTIONS}#echo`, "--input", file("t.json", '[{"a":1},\n[2]]')]);
    assert.deepEqual(
      byIndex(array.lines).map(({ result }) => result),
      [{ a: 1 }, [2]],
    );
    const lines = await heddle(["map", `${FUNCTIONS}#echo`, "--input", "-", "--format", "json"], {
      input: "1\n",
    });
    assert.deepEqual(lines.lines[0]!.result, 1);
  });

  test("passes integers beyond 2^53 and writes bigints with all their digits", async () => {
    const { stdout } = await heddle([
      "map",
      `${FUNCTIONS}#echo`,
      "--format",
      "numbers",
      "12345678901234567890",
    ]);
    assert.equal(stdout, '{"index":0,"input":12345678901234567890,"result":12345678901234567890}\n');
  });

  test("writes results that JSON has no word for as the guide says, and fails what is no data", async () => {
    assert.equal((await heddle(["map", `${FUNCTIONS}#nothing`, "a"])).stdout, '{"index":0,"input":"a"}\n');
    assert.match(
      (await heddle(["map", `${FUNCTIONS}#notNumber`, "a"])).stdout,
      /"result":\{"\$type":"number","value":"NaN"\}\}\n$/,
    );
    const { status, lines } = await heddle(["map", `${FUNCTIONS}#loneFunction`, "a"]);
    assert.equal(status, 1);
    assert.equal(lines[0]!.error!.message, "Cannot write result.callback as JSON: it is a function");
  });

  test("names file and line of a bad number, after doing what stands before it, and exits 2", async () => {
    const input = file("bad.txt", "1\n2\nthree\n4\n");
    const { status, stderr, lines } = await heddle([
      "map",
      `${FUNCTIONS}#double`,
      "--format",
      "numbers",
      "--input",
      input,
    ]);
    assert.equal(status, 2);
    assert.match(
      stderr,
      new RegExp(`heddle: Cannot read ${input}, line 3: "three" is not a number\n  see .*\n$`),
    );
    assert.deepEqual(
      byIndex(lines).map(({ result }) => result),
      [2, 4],
    );
  });

  test("may read the very module whose function it calls", async () => {
    const { status, stderr } = await heddle([
      "map",
      `${FUNCTIONS}#kind`,
      "--on",
      "inline",
      "--input",
      FUNCTIONS,
    ]);
    assert.equal(status, 0, stderr);
  });

  test("does nothing, and says so, when the input is empty", async () => {
    const { status, stdout, stderr } = await heddle([
      "map",
      `${FUNCTIONS}#echo`,
      "--input",
      file("empty.txt", ""),
    ]);
    assert.equal(status, 0);
    assert.equal(stdout, "");
    assert.match(stderr, /^0 items in /);
  });

  test("--timeout fails an item that never ends, alone, and goes on", async () => {
    const { status, lines } = await heddle([
      "map",
      `${FUNCTIONS}#stuckOn`,
      "--timeout",
      "300",
      "a",
      "stuck",
      "b",
    ]);
    assert.equal(status, 1);
    const [a, stuck, b] = byIndex(lines);
    assert.deepEqual([a!.result, b!.result], ["a", "b"]);
    assert.equal(stuck!.error!.name, "TimeoutError");
    assert.equal(stuck!.error!.code, "ERR_HEDDLE_TIMEOUT");
  });

  test("--timeout with --retries gives an item as many attempts", async () => {
    const { lines } = await heddle([
      "map",
      `${FUNCTIONS}#stuckOn`,
      "--timeout",
      "200",
      "--retries",
      "1",
      "stuck",
    ]);
    assert.equal(lines[0]!.error!.attempts, 2);
  });

  test("a worker that dies fails only its item", async () => {
    const items = ["a", "b", "exit", "c", "d"];
    for (const chunk of ["1", "5"]) {
      const { status, stderr, lines } = await heddle([
        "map",
        `${FUNCTIONS}#exitOn`,
        "--chunk",
        chunk,
        "--jobs",
        "2",
        ...items,
      ]);
      assert.equal(status, 1);
      const sorted = byIndex(lines);
      assert.deepEqual(
        sorted.map(({ result }) => result),
        ["a", "b", undefined, "c", "d"],
      );
      assert.equal(sorted[2]!.error!.code, "ERR_HEDDLE_WORKER_DIED");
      assert.match(sorted[2]!.error!.message, /its worker ended with exit code 3$/);
      assert.match(
        stderr,
        /^failed: item 2, [^\n]*\n  see \S+\/troubleshooting\.md#err_heddle_worker_died\n/,
      );
    }
  });

  test("a worker that runs out of memory fails only its item, and says so", async () => {
    const words = ["map", `${FUNCTIONS}#hoarding`, "--chunk", "3", "a", "hoard", "b"];
    const { status, lines } = await heddle(words, { nodeOptions: ["--max-old-space-size=32"] });
    assert.equal(status, 1);
    const [a, hoard, b] = byIndex(lines);
    assert.deepEqual([a!.result, b!.result], ["a", "b"]);
    assert.equal(hoard!.error!.code, "ERR_HEDDLE_WORKER_DIED");
    assert.match(hoard!.error!.message, /: its worker ended by .*out of memory/);
  });

  test("a function that ends the process inline does not make that look like success", async () => {
    const { status, stderr } = await heddle(["map", `${FUNCTIONS}#leaving`, "--on", "inline", "a"]);
    assert.equal(status, 2);
    assert.equal(stderr, "heddle: Cannot finish: the function ended the process\n");
  });

  test("--halt now ends what runs", async () => {
    const options = ["--halt", "now", "--jobs", "2", "--chunk", "1", "--format", "numbers"];
    const { status, stderr, lines } = await heddle(["map", `${FUNCTIONS}#oneOrStuck`, ...options, "0", "1"]);
    assert.equal(status, 1);
    assert.deepEqual(
      lines.map(({ index }) => index),
      [1],
    );
    assert.match(stderr, /; stopped at a failure after 1 of 2/);
  });

  for (const signal of ["SIGINT", "SIGTERM"]) {
    test(`${signal} stops in good order: what runs is finished and kept, and the status is 130`, async () => {
      const { status, stderr, lines } = await heddle(
        ["map", `${FUNCTIONS}#signalling`, "--chunk", "1", "--input", file("many.txt", numbers(1_000_000))],
        {
          env: { HEDDLE_TEST_SIGNAL: signal, HEDDLE_TEST_SIGNAL_AT: "20" },
        },
      );
      assert.equal(status, 130, stderr);
      assert.match(stderr, /^heddle: stopping; .*\n/);
      assert.match(stderr, /; interrupted after [\d,]+/);
      assert.equal(lines.find(({ index }) => index === 20)?.result, 20);
      assert.ok(lines.length < 1_000_000);
    });
  }

  for (const on of ["threads", "processes"]) {
    test(`--on ${on}: Ctrl-C in a terminal, which all its processes are told of, finishes what runs`, async () => {
      const words = ["map", `${FUNCTIONS}#echo`, "--on", on, "--ordered", "--input", "-"];
      const child = startHeddle(words, { detached: true });
      const end = ended(child);
      child.stdin!.on("error", () => {});
      child.stdin!.write(numbers(100));
      child.stdout!.once("data", () => process.kill(-child.pid!, "SIGINT"));
      const { status, stderr, lines } = await end;
      assert.equal(status, 130, stderr);
      assert.match(
        stderr,
        /^heddle: stopping; [^\n]*\n[\d,]+ items? in [^\n]* none failed; interrupted after/,
      );
      assert.ok(lines.every(({ error }) => error === undefined));
    });
  }

  for (const on of ["threads", "processes"]) {
    test(`--on ${on}: a second Ctrl-C in a terminal ends the command at once, and what runs with it`, async () => {
      const child = startHeddle(["map", `${FUNCTIONS}#sayAndHang`, "--on", on, "x"], { detached: true });
      // When every process that has the output is gone.
      const end = ended(child);
      const interrupt = (): void => void process.kill(-child.pid!, "SIGINT");
      child.stdout!.once("data", interrupt);
      child.stderr!.once("data", interrupt);
      const { status, stdout, stderr } = await end;
      assert.equal(status, 130);
      assert.match(stderr, /^heddle: stopping; what runs is finished first, and again stops at once\n$/);
      assert.equal(Number(stdout) === child.pid, on === "threads");
    });
  }

  test("ends quietly when nobody reads its results any more", async () => {
    const child = startHeddle(["map", `${FUNCTIONS}#echo`, "--input", file("pipe.txt", numbers(300_000))]);
    child.stdin!.end();
    child.stdout!.once("data", () => child.stdout!.destroy());
    let stderr = "";
    child.stderr!.on("data", (data: Buffer) => (stderr += String(data)));
    const [status] = (await once(child, "close")) as [number];
    assert.equal(status, 141);
    assert.equal(stderr, "");
  });

  test("what a function prints stands between the results, on lines of its own", async () => {
    const { stdout, lines } = await heddle(["map", `${FUNCTIONS}#printing`, "a", "b"]);
    assert.equal(lines.length, 2);
    assert.match(stdout, /^said a$/m);
    assert.match(stdout, /^said b$/m);
  });

  test("a log gets no bar and no colour", async () => {
    const { stderr } = await heddle(["map", `${FUNCTIONS}#echo`, "a"]);
    // oxlint-disable-next-line no-control-regex -- it is about them
    assert.doesNotMatch(stderr, /[\x1b\r]/);
  });
});
