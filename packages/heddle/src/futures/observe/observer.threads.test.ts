/** What can be seen of calls: events, histograms, spans. */
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, test } from "node:test";
import { ContextVar } from "../../scopes/index.ts";
import type { Executor } from "../executor.ts";
import { InlineExecutor, type InlineOptions } from "../inline/inline-executor.ts";
import type { TaskEvent, WorkerEvent } from "./observe-channels.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";

const KINDS = ["submit", "start", "end", "cancel"] as const;
type Kind = (typeof KINDS)[number];

/** What was published about the calls of one executor while it was listened to. */
class Listener implements Disposable {
  readonly heard: { kind: Kind; event: TaskEvent; state: string | undefined }[] = [];
  readonly #undo: (() => void)[] = [];

  constructor(executor: () => string, kinds: readonly Kind[] = KINDS) {
    for (const kind of kinds) {
      const hear = (message: unknown): void => {
        const event = message as TaskEvent;
        if (event.executor === executor()) this.heard.push({ kind, event, state: event.outcome });
      };
      const name = `heddle:task:${kind}`;
      subscribe(name, hear);
      this.#undo.push(() => void unsubscribe(name, hear));
    }
  }

  get kinds(): Kind[] {
    return this.heard.map(({ kind }) => kind);
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
  }
}

const executors: [string, (options?: InlineOptions) => Executor & { name: string }][] = [
  ["a thread", (options) => new ThreadPoolExecutor({ maxWorkers: 1, ...options })],
  ["the event loop", (options) => new InlineExecutor({ concurrencyPerWorker: 1, ...options })],
];

const work = async (ms: number): Promise<number> => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
};

for (const [place, make] of executors) {
  describe(`events about calls on ${place}`, () => {
    test("say when each was submitted, begun and ended, in one object for each", async () => {
      await using executor = make();
      using listener = new Listener(() => executor.name);
      await Promise.all([executor.submit(work, 5), executor.with({ name: "second" }).submit(work, 1)]);
      assert.deepEqual(listener.kinds.toSorted(), ["end", "end", "start", "start", "submit", "submit"]);
      const [first, second] = listener.heard
        .filter(({ kind }) => kind === "submit")
        .map(({ event }) => event);
      assert.ok(first !== undefined && second !== undefined && first.id < second.id);
      assert.deepEqual([first.task, second.task], ["work", "second"]);
      for (const event of [first, second]) {
        assert.deepEqual(
          listener.heard.filter((heard) => heard.event === event).map(({ kind }) => kind),
          ["submit", "start", "end"],
        );
        const { submittedMs, startedMs, endedMs, waitMs, runMs, outcome, error, worker } = event;
        assert.deepEqual([outcome, error], ["fulfilled", undefined]);
        assert.ok(worker!.startsWith(executor.name));
        assert.ok(submittedMs <= startedMs! && startedMs! <= endedMs!);
        assert.equal(waitMs, startedMs! - submittedMs);
        assert.ok(runMs! > 0 && runMs! <= endedMs! - startedMs! + 1);
      }
      assert.ok(second.startedMs! >= first.startedMs!);
    });

    test("say that one failed, and with what", async () => {
      await using executor = make();
      using listener = new Listener(() => executor.name);
      const future = executor.submit(() => {
        throw new RangeError("no");
      });
      const error = await future.exception();
      assert.deepEqual(listener.kinds, ["submit", "start", "end"]);
      assert.deepEqual(
        [listener.heard[2]!.event.outcome, listener.heard[2]!.event.error],
        ["rejected", error],
      );
    });

    test("say that one was cancelled, before it had begun or while it ran", async () => {
      await using executor = make();
      const { promise: begun, resolve } = Promise.withResolvers<void>();
      using listener = new Listener(() => executor.name);
      const onStart = (): void => resolve();
      subscribe("heddle:task:start", onStart);
      const controller = new AbortController();
      const running = executor.with({ signal: controller.signal }).submit(work, 200);
      const queued = executor.submit(work, 1);
      queued.cancel("not needed");
      // It is told while the call still runs.
      await begun;
      unsubscribe("heddle:task:start", onStart);
      controller.abort("enough");
      await assert.rejects(running.result(), (error) => error === "enough");
      assert.deepEqual(listener.kinds, ["submit", "submit", "cancel", "start", "cancel"]);
      const [, , first, , second] = listener.heard.map(({ event }) => event);
      assert.deepEqual([first!.error, first!.startedMs, first!.runMs], ["not needed", undefined, undefined]);
      assert.deepEqual([second!.error, second!.outcome], ["enough", "cancelled"]);
      assert.ok(second!.runMs! > 0);
    });

    test("say of a stream when it has ended", async () => {
      await using executor = make();
      using listener = new Listener(() => executor.name);
      const stream = await executor.submit(function* () {
        yield* [1, 2, 3];
      });
      assert.ok(!listener.kinds.includes("end"));
      for await (const _ of stream);
      assert.deepEqual(listener.kinds, ["submit", "start", "end"]);
    });

    test("are published to whoever subscribes to some of them only, from then on", async () => {
      await using executor = make();
      await executor.submit(work, 1);
      using listener = new Listener(() => executor.name, ["end"]);
      await executor.submit(work, 1);
      assert.deepEqual(listener.kinds, ["end"]);
      assert.ok(listener.heard[0]!.event.waitMs! >= 0);
    });
  });

  describe(`statistics() of calls on ${place}`, () => {
    test("tell how long those of each name have waited and run, on request", async () => {
      await using executor = make({ measure: true });
      await Promise.all([executor.submit(work, 20), executor.submit(work, 20)]);
      const named = executor.with({ name: "named" });
      await named
        .submit(() => {
          throw new RangeError("no");
        })
        .exception();
      const { functions } = executor.statistics();
      assert.deepEqual([...functions!.keys()], ["work", "named"]);
      const { wait, run, rejected } = functions!.get("work")!;
      assert.deepEqual([wait.count, run.count, rejected], [2, 2, 0]);
      assert.ok(run.minMs >= 19 && run.maxMs < 10_000, `${run.minMs} to ${run.maxMs} ms`);
      // The second one waits for the first.
      assert.ok(wait.maxMs >= 19 && wait.quantileMs(0) <= wait.quantileMs(1));
      assert.deepEqual([functions!.get("named")!.rejected, functions!.get("named")!.run.count], [1, 1]);
    });

    test("say nothing of that otherwise", async () => {
      await using executor = make();
      await executor.submit(work, 1);
      assert.equal("functions" in executor.statistics(), false);
      assert.throws(() => make({ measure: 1 as never }), TypeError);
    });
  });
}

describe("events about calls that go wrong in a worker", () => {
  test("say how one ended whose worker did, which could not be sent, or that took too long", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    using listener = new Listener(() => pool.name);
    const broken = await pool.submit(() => process.exit(3)).exception();
    const unsent = await pool.submit((x: unknown) => x, new WeakMap()).exception();
    const late = await pool
      .with({ timeoutMs: 20 })
      .submit(() => {
        for (;;);
      })
      .exception();
    const ends = listener.heard.filter(({ kind }) => kind === "end").map(({ event }) => event);
    assert.deepEqual(
      ends.map(({ error }) => error),
      [broken, unsent, late],
    );
    assert.deepEqual(
      ends.map(({ worker }) => worker),
      [`${pool.name}-1`, undefined, `${pool.name}-2`],
    );
    assert.ok(ends[2]!.runMs! >= 19);
  });

  test("are told of each call of a map", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    using listener = new Listener(() => pool.name, ["end"]);
    await pool.map((n: number) => n + 1, [1, 2, 3, 4], { chunkSize: 2 }).toArray();
    assert.equal(listener.heard.length, 2);
  });
});

describe("events about workers", () => {
  test("say when each looks for work, and how it ended", async () => {
    const heard: [string, WorkerEvent][] = [];
    const { promise: down, resolve } = Promise.withResolvers<void>();
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const hearers = ["up", "down"].map((kind) => {
      const hear = (message: unknown): void => {
        const event = message as WorkerEvent;
        if (event.executor !== pool.name) return;
        heard.push([kind, event]);
        if (kind === "down") resolve();
      };
      subscribe(`heddle:worker:${kind}`, hear);
      return () => unsubscribe(`heddle:worker:${kind}`, hear);
    });
    await pool.submit(() => process.exit(3)).exception();
    await down;
    await pool.submit(() => {});
    await pool.shutdown();
    for (const undo of hearers) undo();
    assert.deepEqual(
      // One that is told to leave and has no time to do so is ended.
      heard.map(([kind, { worker, exitCode, wasStopped }]) => [
        kind,
        worker,
        wasStopped ? undefined : exitCode,
        wasStopped,
      ]),
      [
        ["up", `${pool.name}-1`, undefined, false],
        ["down", `${pool.name}-1`, 3, false],
        ["up", `${pool.name}-2`, undefined, false],
        ["down", `${pool.name}-2`, undefined, true],
      ],
    );
  });
});

/** As much of the API of OpenTelemetry as a program registers, recording what is asked of it. */
const recorder = () => {
  const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");
  const spans: Recorded[] = [];
  let count = 0;
  class Values {
    readonly values: Map<symbol, unknown>;
    constructor(values = new Map<symbol, unknown>()) {
      this.values = values;
    }
    getValue(key: symbol): unknown {
      return this.values.get(key);
    }
    setValue(key: symbol, value: unknown): Values {
      return new Values(new Map(this.values).set(key, value));
    }
    deleteValue(key: symbol): Values {
      const values = new Map(this.values);
      values.delete(key);
      return new Values(values);
    }
  }
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  const storage = new AsyncLocalStorage<Values>();
  const api = {
    trace: {
      getTracer: (tracer: string) => ({
        startSpan(name: string, { attributes }: { attributes: object }, context: Values) {
          const parent = (
            context.getValue(SPAN) as { spanContext(): { spanId: string } } | undefined
          )?.spanContext();
          const record: Recorded = {
            tracer,
            name,
            id: `${++count}`.padStart(16, "a"),
            parent: parent?.spanId,
            attributes: { ...attributes },
            events: [],
            exceptions: [],
            status: undefined,
            isEnded: false,
          };
          spans.push(record);
          return {
            spanContext: () => ({ traceId: "b".repeat(32), spanId: record.id, traceFlags: 1 }),
            setAttribute: (key: string, value: unknown) => void (record.attributes[key] = value),
            addEvent: (event: string) => void record.events.push(event),
            recordException: (error: unknown) => void record.exceptions.push(error),
            setStatus: ({ code }: { code: number }) => void (record.status = code),
            end: () => void (record.isEnded = true),
          };
        },
      }),
    },
    context: {
      active: () => storage.getStore() ?? new Values(),
      with: <T>(context: Values, body: () => T): T => storage.run(context, body),
    },
  };
  return { api, spans };
};

interface Recorded {
  tracer: string;
  name: string;
  id: string;
  parent: string | undefined;
  attributes: Record<string, unknown>;
  events: string[];
  exceptions: unknown[];
  status: number | undefined;
  isEnded: boolean;
}

const API = Symbol.for("opentelemetry.js.api.1");
const globals = globalThis as { [API]?: object };

/** What a program has registered, for as long as this is held. */
function register(api: object): Disposable {
  globals[API] = api;
  return { [Symbol.dispose]: () => void delete globals[API] };
}

/** The span that the running code is in, as the context manager of its thread has it. */
const activeSpan = (): string | undefined => {
  const api = (globalThis as Record<symbol, unknown>)[Symbol.for("opentelemetry.js.api.1")] as
    | { context: { active(): { getValue(key: symbol): unknown } } }
    | undefined;
  const span = api?.context.active().getValue(Symbol.for("OpenTelemetry Context Key SPAN"));
  return (span as { spanContext(): { spanId: string } } | undefined)?.spanContext().spanId;
};

for (const [place, make] of executors) {
  describe(`spans by OpenTelemetry of calls on ${place}`, () => {
    test("are begun where the call is made, and ended with it", async () => {
      await using executor = make();
      const { api, spans } = recorder();
      using _registered = register(api);
      const { context } = api;
      const tracer = api.trace.getTracer("test");
      const outer = tracer.startSpan("outer", { attributes: {} }, context.active());
      const within = context.active().setValue(Symbol.for("OpenTelemetry Context Key SPAN"), outer);
      await context.with(within, () => executor.submit(work, 1));
      const failed = await executor
        .submit(() => {
          throw new RangeError("no");
        })
        .exception();
      const [first, task, failing] = spans;
      assert.deepEqual([task!.tracer, task!.name, task!.parent], ["heddle", "task work", first!.id]);
      assert.deepEqual([task!.isEnded, task!.events, task!.status], [true, ["start"], undefined]);
      assert.equal(task!.attributes["heddle.executor"], executor.name);
      assert.equal(task!.attributes["heddle.task.outcome"], "fulfilled");
      assert.deepEqual([failing!.parent, failing!.exceptions, failing!.status], [undefined, [failed], 2]);
    });

    test("end when the call is cancelled", async () => {
      await using executor = make();
      const { api, spans } = recorder();
      using _registered = register(api);
      const running = executor.submit(work, 1);
      executor.submit(work, 1).cancel("not needed");
      await running;
      assert.deepEqual([spans[1]!.isEnded, spans[1]!.attributes["heddle.task.outcome"]], [true, "cancelled"]);
    });

    test("are the parents of what the body does, in its callbacks and the steps of a generator, too", async () => {
      await using executor = make();
      // A program registers its SDK in its workers as well.
      const setUp = (make: typeof recorder): void => {
        (globalThis as Record<symbol, unknown>)[Symbol.for("opentelemetry.js.api.1")] = make().api;
      };
      const { api, spans } = recorder();
      using _registered = register(api);
      if (executor instanceof ThreadPoolExecutor) await executor.submit(setUp, recorder);
      spans.length = 0;
      const look = async (active: typeof activeSpan): Promise<(string | undefined)[]> => {
        const first = active();
        await new Promise((resolve) => setTimeout(resolve, 1));
        return [first, active()];
      };
      const seen = await executor.submit(look, activeSpan);
      assert.deepEqual(seen, [spans[0]!.id, spans[0]!.id]);
      const stream = await executor.submit(async function* (active: typeof activeSpan) {
        yield active();
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield active();
      }, activeSpan);
      for await (const id of stream) assert.equal(id, spans[1]!.id);
    });

    test("that cannot be made or ended fail no call", async () => {
      await using executor = make();
      const fail = (): never => {
        throw new Error("tracing is out of order");
      };
      using _registered = register({ trace: { getTracer: fail } });
      const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
      assert.equal(await executor.submit(work, 1), 1);
      assert.match((await warned).message, /out of order/);
    });
  });
}

describe("the trace of a call in a worker", () => {
  test("can be read where no SDK is registered", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const { api, spans } = recorder();
    using _registered = register(api);
    const carrier = await pool.submit(() => new ContextVar<Record<string, string>>("heddle.trace").get());
    assert.deepEqual(carrier, { traceparent: `00-${"b".repeat(32)}-${spans[0]!.id}-01` });
  });

  test("is what the program's propagator makes of it", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const { api } = recorder();
    const propagation = {
      inject: (
        _: object,
        carrier: object,
        setter: { set(to: object, key: string, value: string): void },
      ): void => setter.set(carrier, "x-trace", "seven"),
    };
    using _registered = register({ ...api, propagation });
    const carrier = await pool.submit(() => new ContextVar<Record<string, string>>("heddle.trace").get());
    assert.deepEqual(carrier, { "x-trace": "seven" });
  });
});
