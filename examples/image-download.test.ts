import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { taskGroup, tasks } from "heddle";
import { downloadAll } from "./image-download.ts";
import { type ImageServer, imageBytes, startImageServer } from "./image-download/server.ts";

const IMAGES = 24;

/** Runs `body` with a server and an empty folder, which are gone afterwards. */
async function withServer(
  failEvery: number,
  body: (server: ImageServer, folder: string) => Promise<void>,
): Promise<void> {
  const server = await startImageServer({ latencyMs: 2, failEvery });
  const folder = await mkdtemp(join(tmpdir(), "heddle-images-"));
  try {
    await body(server, folder);
  } finally {
    await rm(folder, { recursive: true });
    await server.close();
  }
}

const urlsOf = (server: ImageServer): string[] => Array.from({ length: IMAGES }, (_, n) => server.urlOf(n));

describe("the download of images", () => {
  test("saves every one byte for byte, however many at once, and tries again what failed", async () => {
    for (const limit of [1, IMAGES]) {
      await withServer(5, async (server, folder) => {
        const progress: number[] = [];
        await downloadAll(urlsOf(server), folder, limit, (done) => progress.push(done));
        assert.deepEqual(
          progress,
          Array.from({ length: IMAGES }, (_, i) => i + 1),
        );
        assert.ok(server.requests > IMAGES);
        assert.equal((await readdir(folder)).length, IMAGES);
        for (let n = 0; n < IMAGES; n++) {
          assert.ok((await readFile(join(folder, `${n}.img`))).equals(imageBytes(n)), `image ${n}`);
        }
      });
    }
  });

  test("that is cancelled leaves whole files only, and no task", async () => {
    await withServer(0, async (server, folder) => {
      await taskGroup(async (group) => {
        await downloadAll(urlsOf(server), folder, 4, (done) => {
          if (done === 6) group.cancel();
        });
        assert.fail("it went on");
      });
      const files = await readdir(folder);
      assert.ok(files.length >= 6 && files.length < IMAGES, `${files.length} files`);
      for (const file of files) {
        assert.match(file, /^\d+\.img$/);
        assert.ok((await readFile(join(folder, file))).equals(imageBytes(parseInt(file, 10))), file);
      }
      assert.deepEqual(tasks(), []);
    });
  });

  test("that is interrupted from the keyboard ends with 130, and leaves nothing behind", async () => {
    const place = await mkdtemp(join(tmpdir(), "heddle-interrupted-"));
    const program = fileURLToPath(new URL("image-download.ts", import.meta.url));
    const child = spawn(process.execPath, ["--conditions=@heddle/source", program, "200", "4", "20"], {
      env: { ...process.env, TMPDIR: place },
    });
    let output = "";
    for await (const data of child.stderr) {
      output += String(data);
      // A second signal would end it without clean-up.
      if (output.includes(" 5/200") && !child.killed) child.kill("SIGINT");
    }
    if (child.exitCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 130, output);
    assert.doesNotMatch(output, /Error/);
    assert.deepEqual(await readdir(place), []);
    await rm(place, { recursive: true });
  });

  test("that fails for good says which, and leaves no half file", async () => {
    await withServer(1, async (server, folder) => {
      await assert.rejects(
        downloadAll([server.urlOf(0)], folder, 1, () => {}),
        /status 503/,
      );
      assert.deepEqual(await readdir(folder), []);
    });
  });
});
