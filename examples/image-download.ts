/**
 * Downloads images one after another, then all at once, and shows what waiting costs.
 *
 *     node examples/image-download.ts [images] [at once] [latency in ms]
 *
 * The server is beside it, in image-download/server.ts. Files are saved byte for byte; what fails is tried again; Ctrl+C
 * ends the program at once and leaves no half file.
 */
import { createWriteStream } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { currentTask, retry, run, shield, taskGroup } from "heddle";
import { startImageServer } from "./image-download/server.ts";

/** Saves what is at `url` as `file`: whole, or not at all. */
export async function download(url: string, file: string): Promise<void> {
  const part = `${file}.part`;
  try {
    await retry(
      async () => {
        const { signal } = currentTask();
        const response = await fetch(url, { signal });
        if (!response.ok) throw new Error(`Cannot download ${url}: status ${response.status}`);
        await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(part), {
          signal,
        });
      },
      { attempts: 5, delayMs: 10 },
    );
    await rename(part, file);
  } finally {
    // Also when the task is cancelled: then everything but what is shielded throws.
    await shield(() => rm(part, { force: true }));
  }
}

/** Downloads all, at most `limit` at once, and says after each how many there are. */
export async function downloadAll(
  urls: readonly string[],
  folder: string,
  limit: number,
  onProgress: (done: number) => void,
): Promise<void> {
  let done = 0;
  await taskGroup(
    (group) => {
      for (const [i, url] of urls.entries()) {
        group.spawn(
          async () => {
            await download(url, join(folder, `${i}.img`));
            onProgress(++done);
          },
          { name: url },
        );
      }
    },
    { limit },
  );
}

const BAR_WIDTH = 40;

function progressBar(label: string, total: number): (done: number) => void {
  return (done) => {
    const full = Math.round((BAR_WIDTH * done) / total);
    const bar = "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
    process.stderr.write(`\r${label} ${bar} ${done}/${total}${done === total ? "\n" : ""}`);
  };
}

async function main(): Promise<void> {
  const [images = 60, atOnce = 60, latencyMs = 30] = process.argv.slice(2).map(Number);
  const server = await startImageServer({ latencyMs, failEvery: 13 });
  const folder = await mkdtemp(join(tmpdir(), "heddle-images-"));
  try {
    const urls = Array.from({ length: images }, (_, n) => server.urlOf(n));
    const timed = async (label: string, limit: number): Promise<number> => {
      const start = performance.now();
      await downloadAll(urls, folder, limit, progressBar(label, images));
      const elapsedMs = performance.now() - start;
      process.stdout.write(`${label}: ${images} images in ${Math.round(elapsedMs)} ms\n`);
      return elapsedMs;
    };
    const times = (await timed("one by one ", 1)) / (await timed("all at once", atOnce));
    process.stdout.write(`${times.toFixed(1)} times as fast\n`);
  } finally {
    await shield(async () => {
      await rm(folder, { recursive: true });
      await server.close();
    });
  }
}

if (import.meta.main) await run(main);
