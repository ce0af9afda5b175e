import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root } from "../setup.mjs";
import { completed, lockFaults } from "./lock-file.ts";

const lock = {
  packages: {
    "": { dependencies: { tool: "1.0.0" } },
    "node_modules/tool": {
      version: "1.0.0",
      dev: true,
      optionalDependencies: { "tool-linux-arm-musleabihf": "1.0.0" },
    },
  },
};

describe("the lock file", () => {
  test("of the repository is complete, and names no host", () => {
    assert.deepEqual(lockFaults(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"))), []);
  });

  test("is refused when it lacks a platform's build", () => {
    assert.deepEqual(lockFaults(lock), ["tool-linux-arm-musleabihf@1.0.0 is missing"]);
  });

  test("is refused when it names the host that a package came from", () => {
    const packages = {
      "node_modules/a": { resolved: "http://mirror.test/a.tgz" },
      "node_modules/b": { resolved: "b", link: true },
    };
    assert.deepEqual(lockFaults({ packages }), ["node_modules/a is bound to http://mirror.test/a.tgz"]);
  });

  test("is completed by the platforms that the names tell", () => {
    assert.deepEqual(completed(lock).packages["node_modules/tool-linux-arm-musleabihf"], {
      version: "1.0.0",
      cpu: ["arm"],
      dev: true,
      libc: ["musl"],
      optional: true,
      os: ["linux"],
    });
    assert.deepEqual(lockFaults(completed(lock)), []);
  });

  test("is not completed by guessing", () => {
    const packages = { "node_modules/tool": { optionalDependencies: { "tool-extra": "1.0.0" } } };
    assert.throws(() => completed({ packages }), /Cannot add tool-extra@1\.0\.0/);
  });
});
