/** What asyncio, Trio, Java's StructuredTaskScope and Swift's groups say of the edges. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, test } from "node:test";
import { Event } from "../sync/index.ts";
import { asCompleted, type Future, InlineExecutor, wait } from "../futures/index.ts";
import { select } from "../queues/index.ts";
import { ContextVar } from "../scopes/index.ts";
import {
  currentTask,
  gather,
  race,
  shield,
  sleep,
  taskGroup,
  type TaskGroup,
  tasks,
  withTimeout,
} from "./index.ts";

const FOREVER = Infinity;
const isStop = (error: unknown): boolean => error === "stop";
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs `body`, and gives what became an unhandled rejection of it. */
async function unhandledIn(body: () => Promise<unknown>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    await body();
    for (let i = 0; i < 3; i++) await turn();
  } finally {
    process.off("unhandledRejection", note);
  }
  return unhandled;
}

describe("a group", () => {
  test("without tasks gives what its body gives", async () => {
    assert.equal(await taskGroup(() => 7), 7);
    assert.equal(await taskGroup(async () => {}, { limit: 1, timeoutMs: 1000 }), undefined);
  });

  test("that was cancelled leaves the waits after it alone", async () => {
    await taskGroup(async (outer) => {
      outer.spawn(async () => {
        await taskGroup(async (inner) => {
          inner.cancel("stop");
          await assert.rejects(sleep(0), isStop);
        });
        await sleep(0);
        await taskGroup(() => sleep(0));
      });
    });
  });

  test("that only waits for its tasks can still be cancelled, and goes on waiting for their clean-up", async () => {
    const cleaned = new Event();
    const order: string[] = [];
    let group!: TaskGroup;
    const whole = taskGroup((inner) => {
      group = inner;
      inner.spawn(async () => {
        try {
          await sleep(FOREVER);
        } finally {
          await shield(() => cleaned.wait());
          order.push("cleaned up");
        }
      });
    }).then(() => order.push("left"));
    await turn();
    group.cancel("stop");
    await turn();
    assert.deepEqual(order, []);
    cleaned.set();
    await whole;
    assert.deepEqual(order, ["cleaned up", "left"]);
  });

  test("within thousands of others is cancelled with the outermost", async () => {
    const depth = 5000;
    const reasons: unknown[] = [];
    const descend = async (levels: number): Promise<void> => {
      if (levels === 0) await sleep(FOREVER).finally(() => reasons.push(currentTask().signal.reason));
      else await taskGroup((group) => void group.spawn(() => descend(levels - 1)));
    };
    await taskGroup(async (group) => {
      group.spawn(() => descend(depth));
      while (tasks().length <= depth) await turn();
      group.cancel("stop");
    });
    assert.deepEqual(reasons, ["stop"]);
  });

  test("in a group that is cancelled ends with the reason of the outer one, its own onError notwithstanding", async () => {
    await taskGroup(async (outer) => {
      const inner = outer.spawn(() =>
        taskGroup((group) => void group.spawn(() => sleep(FOREVER)), { onError: "continue" }),
      );
      await turn();
      outer.cancel("stop");
      await assert.rejects(
        shield(() => inner.result()),
        isStop,
      );
    });
  });

  test("whose tasks failed in it fails as one task of the group around it", async () => {
    const error = await taskGroup(
      (outer) => {
        outer.spawn(() => Promise.reject(new Error("outer")), { name: "one" });
        outer.spawn(
          () =>
            taskGroup(
              (inner) => {
                for (const name of ["a", "b"])
                  inner.spawn(() => Promise.reject(new Error(`inner ${name}`)), { name });
              },
              { onError: "continue" },
            ),
          { name: "two" },
        );
      },
      { onError: "continue" },
    ).catch((thrown: AggregateError) => thrown);
    assert.ok(error instanceof AggregateError);
    const [outer, inner] = error.errors as [Error, AggregateError];
    assert.equal(outer.message, "outer");
    assert.deepEqual(
      inner.errors.map(({ message }: Error) => message),
      ["inner a", "inner b"],
    );
    assert.match(inner.stack!, /in task "two", spawned/);
    assert.match((inner.errors[0] as Error).stack!, /in task "a", spawned/);
  });
});

describe("a task", () => {
  test("that is told to stop and throws something else has failed", async () => {
    const failure = new Error("in clean-up");
    await assert.rejects(
      taskGroup(async (group) => {
        const task = group.spawn(() => sleep(FOREVER).catch(() => Promise.reject(failure)));
        await turn();
        task.cancel("stop");
        await assert.rejects(task.result(), (error) => error === failure);
        assert.equal(task.state, "rejected");
      }),
      (error) => error === failure,
    );
  });

  test("sees its cancellation at every wait of its finally blocks, until it ends", async () => {
    const seen: unknown[] = [];
    await taskGroup(async (group) => {
      const task = group.spawn(async () => {
        try {
          await sleep(FOREVER);
        } finally {
          try {
            seen.push(await sleep(0).catch((reason: unknown) => reason));
          } finally {
            seen.push(await new Event().wait().catch((reason: unknown) => reason));
            seen.push(currentTask().state);
          }
        }
      });
      await turn();
      task.cancel("stop");
      task.cancel("again");
      await assert.rejects(task.result(), isStop);
      await sleep(0);
    });
    assert.deepEqual(seen, ["stop", "stop", "cancelling"]);
  });

  test("that has only waited for other things is told to stop at its first wait in the toolkit", async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const stops: ((future: { cancel(reason: unknown): boolean }, group: TaskGroup) => void)[] = [
      (future) => void future.cancel("stop"),
      (_, group) => group.cancel("stop"),
    ];
    for (const stop of stops) {
      const seen: unknown[] = [];
      await taskGroup(async (group) => {
        const task = group.spawn(async () => {
          await gate;
          seen.push(await sleep(FOREVER).catch((reason: unknown) => reason));
        });
        await turn();
        stop(task, group);
        open();
      });
      assert.deepEqual(seen, ["stop"]);
    }
  });

  test("that awaits itself is told so, instead of waiting for ever", async () => {
    for (const waitFor of [
      async (self: PromiseLike<unknown>) => await self,
      (self: ReturnType<TaskGroup["spawn"]>) => self.result(),
      (self: ReturnType<TaskGroup["spawn"]>) => self.exception(),
      (self: ReturnType<TaskGroup["spawn"]>) => self.finally(() => {}),
      (self: ReturnType<TaskGroup["spawn"]>) => wait([self]),
      (self: ReturnType<TaskGroup["spawn"]>) => asCompleted([self]).next(),
      (self: ReturnType<TaskGroup["spawn"]>) => select({ self }),
      (self: ReturnType<TaskGroup["spawn"]>) => gather(self),
      (self: ReturnType<TaskGroup["spawn"]>) => taskGroup((inner) => inner.spawn(() => wait([self]))),
    ]) {
      await assert.rejects(
        taskGroup((group) => {
          const self = group.spawn(async (): Promise<unknown> => await waitFor(self), { name: "snake" });
        }),
        { name: "TaskStateError", code: "ERR_HEDDLE_TASK_STATE", message: /"snake".*itself/ },
      );
    }
  });

  test("sees the values of every AsyncLocalStorage that its spawner saw, and no other's", async () => {
    const storage = new AsyncLocalStorage<string>();
    for (const limit of [1, 2, Infinity]) {
      const seen: (string | undefined)[] = [];
      await taskGroup(
        (group) => {
          for (const name of ["a", "b", "c"]) {
            storage.run(name, () =>
              group.spawn(async () => {
                seen.push(storage.getStore());
                storage.enterWith(`left by ${name}`);
                await turn();
              }),
            );
          }
          group.spawn(() => void seen.push(storage.getStore()));
        },
        { limit },
      );
      assert.deepEqual(seen, ["a", "b", "c", undefined], `limit ${limit}`);
    }
    assert.equal(storage.getStore(), undefined);
  });

  test("leaves the values of its spawner alone", async () => {
    const user = new ContextVar("test.edges-user", "nobody");
    await user.run("ann", () =>
      taskGroup(async (group) => {
        const task = group.spawn(() => user.run("bob", () => currentTask().name), { name: "inner" });
        assert.equal(await task, "inner");
        assert.deepEqual([user.get(), currentTask().id], ["ann", 0]);
      }),
    );
  });

  test("is itself after waits for anything, in timers and in callbacks, whatever else runs", async () => {
    const seen: string[] = [];
    await taskGroup((group) => {
      for (const name of ["one", "two", "three"]) {
        group.spawn(
          async () => {
            seen.push(currentTask().name);
            await Promise.resolve();
            seen.push(currentTask().name);
            await new Promise<void>((resolve) => {
              setTimeout(() => {
                seen.push(currentTask().name);
                resolve();
              }, 0);
            });
            seen.push(currentTask().name);
          },
          { name },
        );
      }
    });
    for (const name of ["one", "two", "three"]) {
      assert.equal(seen.filter((other) => other === name).length, 4, name);
    }
  });

  test("that has ended is seen as done by what it has left behind", async () => {
    const { promise: looked, resolve: look } = Promise.withResolvers<string>();
    await taskGroup((group) => {
      group.spawn(() => void setTimeout(() => look(`${currentTask().name} ${currentTask().state}`), 0), {
        name: "gone",
      });
      group.spawn(() => {});
    });
    assert.equal(await looked, "gone done");
    assert.deepEqual(tasks(), []);
  });
});

test("a hundred thousand failures are told as soon as a few", async () => {
  await assert.rejects(
    taskGroup(
      (group) => {
        for (let i = 0; i < 100_000; i++) group.spawn(() => Promise.reject(i));
      },
      { onError: "continue" },
    ),
    (error) => {
      assert.ok(error instanceof AggregateError);
      assert.equal(error.errors.length, 100_000);
      assert.match(error.message, /100000 of its tasks failed .* and 99990 more\)$/);
      return true;
    },
  );
});

describe("the stack of an error", () => {
  test("names every task that it went through, and where each was spawned", async () => {
    function spawnInner(group: TaskGroup): void {
      group.spawn(() => Promise.reject(new Error("deep")), { name: "inner" });
    }
    function spawnOuter(group: TaskGroup): void {
      group.spawn(() => taskGroup(spawnInner), { name: "outer" });
    }
    const { stack } = (await taskGroup(spawnOuter).catch((error: Error) => error)) as unknown as Error;
    assert.match(
      stack!,
      /task "inner", spawned ---\n\s+at spawnInner [^]*task "outer", spawned ---\n\s+at spawnOuter /,
    );
  });

  test("does not grow for ever when one error is thrown again and again", async () => {
    const error = new Error("always the same");
    const length = error.stack!.length;
    for (let i = 0; i < 2000; i++) {
      await taskGroup((group) => void group.spawn(() => Promise.reject(error))).catch(() => {});
    }
    assert.ok(error.stack!.length > length && error.stack!.length < 100_000, `${error.stack!.length}`);
  });
});

describe("a task that waits for a future that somebody cancels", () => {
  const ways: Readonly<Record<string, (future: Future<unknown>) => Promise<unknown>>> = {
    await: async (future) => await future,
    "result()": (future) => future.result(),
    "exception()": (future) => future.exception(),
    "then()": (future) => future.then((value) => value),
    "finally()": (future) => future.finally(() => {}),
    "select()": (future) => select({ future }),
    "asCompleted()": async (future) => {
      for await (const each of asCompleted([future])) await each;
    },
    "Promise.all()": (future) => Promise.all([future, sleep(0)]),
    "gather()": (future) => gather(future),
    "a group of its own": (future) => taskGroup((group) => group.spawn(async () => await future)),
    "a body of a group": (future) => taskGroup(async () => await future),
    "a deadline": (future) => withTimeout(60_000, async () => await future),
  };

  for (const [name, way] of Object.entries(ways)) {
    test(`by ${name}, is cancelled with it, and fails nobody`, async () => {
      for (const [reason, whose] of [
        ["stop", "a task's"],
        [new Error("stop"), "a call's"],
        [undefined, "a task's"],
      ] as const) {
        const pool = new InlineExecutor();
        const value = await taskGroup(async (group) => {
          const future =
            whose === "a task's"
              ? group.spawn(() => sleep(FOREVER))
              : pool.submit((signal) => sleep(FOREVER, { signal }), new AbortController().signal);
          const waiting = group.spawn(async () => await way(future));
          const after = group.spawn(async () => await waiting);
          const other = group.spawn(async () => {
            for (let i = 0; i < 5; i++) await sleep(0);
            return "other";
          });
          await turn();
          future.cancel(reason);
          await wait([after]);
          assert.deepEqual(
            [future.state, waiting.state, after.state],
            ["cancelled", "cancelled", "cancelled"],
          );
          const thrown = await after.result().catch((error: unknown) => error);
          if (reason === undefined) assert.equal((thrown as Error).name, "AbortError");
          else assert.equal(thrown, reason);
          assert.equal(await waiting.then(undefined, (error: unknown) => error), thrown);
          return await other;
        });
        assert.equal(value, "other");
        await pool.shutdown();
      }
    });
  }

  test("goes on if it catches that, and has failed if it throws something else", async () => {
    const failing = taskGroup(async (group) => {
      const future = group.spawn(() => sleep(FOREVER));
      const careful = group.spawn(async () => await future.result().catch((reason: unknown) => reason));
      group.spawn(async () => {
        await future.result().catch(() => {});
        throw new Error("without it I cannot");
      });
      await turn();
      future.cancel("stop");
      assert.equal(await careful, "stop");
      await sleep(FOREVER);
    });
    await assert.rejects(failing, /^Error: without it I cannot$/);
  });

  test("that it has cancelled itself, is cancelled with it, too", async () => {
    const state = await taskGroup(async (group) => {
      const future = group.spawn(() => sleep(FOREVER));
      const own = group.spawn(async () => {
        future.cancel("enough");
        await future;
      });
      await wait([own]);
      return own.state;
    });
    assert.equal(state, "cancelled");
  });

  test("for a failure that it gave as the reason, or that is thrown by another for itself, has failed", async () => {
    const failure = new Error("no");
    await assert.rejects(
      taskGroup(async (group) => {
        const future = group.spawn(() => sleep(FOREVER));
        group.spawn(async () => {
          await turn();
          future.cancel(failure);
          await future.result().catch(() => {});
          throw failure;
        });
      }),
      (error) => error === failure,
    );
    await assert.rejects(
      taskGroup(async (group) => {
        const future = group.spawn(() => sleep(FOREVER));
        group.spawn(async () => await future, { name: "waiting" });
        group.spawn(async () => {
          await turn();
          future.cancel(failure);
          throw failure;
        });
      }),
      (error) => error === failure,
    );
  });

  test("has failed if its executor was shut down: nobody has cancelled that call", async () => {
    const pool = new InlineExecutor({ concurrencyPerWorker: 1 });
    const failing = taskGroup(async (group) => {
      void pool.submit(() => sleep(1));
      const queued = pool.submit(() => {});
      group.spawn(async () => await queued);
      await turn();
      await pool.shutdown({ cancelPending: true });
    });
    await assert.rejects(failing, { name: "AbortError" });
  });
});

describe("the body of a group that waits for a future that somebody cancels", () => {
  test("throws the reason, and its tasks are cancelled", async () => {
    const ends: unknown[] = [];
    const failing = taskGroup(async (group) => {
      const future = group.spawn(() => sleep(FOREVER));
      group.spawn(() => sleep(FOREVER)).addDoneCallback(({ state }) => ends.push(state));
      setImmediate(() => future.cancel("stop"));
      await future;
    });
    await assert.rejects(failing, isStop);
    assert.deepEqual(ends, ["cancelled"]);
  });

  test("is no failure beside one", async () => {
    const failing = taskGroup(async (group) => {
      const future = group.spawn(() => sleep(FOREVER));
      group.spawn(async () => {
        await sleep(FOREVER).catch(() => {
          throw new Error("in the clean-up");
        });
      });
      setImmediate(() => future.cancel("stop"));
      await future;
    });
    await assert.rejects(failing, /^Error: in the clean-up$/);
  });
});

describe("nothing becomes an unhandled rejection:", () => {
  test("promises given to a gather or a race that does not begin, or that ends before they do", async () => {
    const late = async (): Promise<never> => {
      await turn();
      throw new Error("late");
    };
    const unhandled = await unhandledIn(async () => {
      await taskGroup(async (group) => {
        group.cancel("stop");
        await assert.rejects(gather(late(), late()), isStop);
        await assert.rejects(race(late(), late()), isStop);
      });
      await assert.rejects(
        gather(() => assert.fail("first"), late()),
        /first/,
      );
      assert.equal(await race(() => 1, late(), late()), 1);
      const executor = new InlineExecutor();
      assert.equal(await race(() => 1, executor.submit(late)), 1);
      await executor.shutdown();
    });
    assert.deepEqual(unhandled, []);
  });

  test("futures of tasks that fail, awaited late or by nobody", async () => {
    const unhandled = await unhandledIn(async () => {
      await assert.rejects(
        taskGroup(
          async (group) => {
            const bad = group.spawn(() => Promise.reject(new Error("no")));
            group.spawn(() => Promise.reject(new Error("neither")));
            for (let i = 0; i < 3; i++) await turn();
            await bad.exception();
          },
          { onError: "continue" },
        ),
        AggregateError,
      );
    });
    assert.deepEqual(unhandled, []);
  });

  test("promises that pass on what a task threw, and whose readers the failure has stopped", async () => {
    const fail = async (): Promise<never> => {
      await turn();
      throw new Error("no");
    };
    const ways: readonly ((future: Future<never>) => Promise<unknown>)[] = [
      (future) => future.then((value) => value),
      (future) => future.then(null),
      (future) =>
        future.catch((error: unknown) => {
          throw error;
        }),
      (future) => future.finally(null),
      (future) => future.finally(() => {}),
      (future) => future.result(),
      (future) => future.result({ timeoutMs: 60_000 }),
    ];
    const isNo = (error: unknown): boolean => error instanceof Error && error.message === "no";
    const unhandled = await unhandledIn(async () => {
      for (const way of ways) {
        await assert.rejects(
          taskGroup(async (group) => {
            const derived = way(group.spawn(fail));
            await sleep(FOREVER);
            await derived;
          }),
          isNo,
        );
        await assert.rejects(
          taskGroup(
            async (group) => {
              const future = group.spawn(fail);
              await wait([future]);
              void way(future);
            },
            { onError: "continue" },
          ),
          isNo,
        );
      }
    });
    assert.deepEqual(unhandled, []);
  });

  test("promises that only say that they were cancelled, as was who would have read them", async () => {
    const unhandled = await unhandledIn(async () => {
      const pool = new InlineExecutor();
      await taskGroup(async (group) => {
        const one = group.spawn(() => sleep(FOREVER));
        const other = pool.submit(() => sleep(FOREVER));
        for (const future of [one, other]) {
          void future.then(() => {});
          void future.finally(() => {});
          void future.result();
          void future.exception();
        }
        await turn();
        group.cancel("stop");
        for (const future of [one, other]) void future.then(() => {});
      });
      await taskGroup((group) => {
        const task = group.spawn(() => sleep(FOREVER));
        void task.then(() => {});
        void task.result();
        task.cancel("stop");
      });
      await pool.shutdown();
    });
    assert.deepEqual(unhandled, []);
  });
});

describe("gather()", () => {
  test("of a future that was cancelled throws its reason", async () => {
    const future = new InlineExecutor().submit(() => assert.fail("it ran"));
    future.cancel("called off");
    await assert.rejects(
      gather(() => sleep(FOREVER), future),
      (error) => error === "called off",
    );
  });

  test("runs a function once for each time that it is given, and waits once for one future", async () => {
    let runs = 0;
    const run = (): number => ++runs;
    const future = new InlineExecutor().submit(run);
    assert.deepEqual(await gather(run, run, future, future), [1, 2, 3, 3]);
  });

  test("of several that fail names each of them", async () => {
    await assert.rejects(
      gather(
        async () => Promise.reject(new RangeError("one")),
        async () => Promise.reject(new TypeError("two")),
      ),
      (error) => {
        assert.ok(error instanceof AggregateError);
        assert.match(error.message, /RangeError: one.*TypeError: two/);
        return true;
      },
    );
  });
});

describe("spawn()", () => {
  test("refuses options that it does not know, and those that are none", async () => {
    await taskGroup((group) => {
      assert.throws(
        () => group.spawn(() => 1, { nmae: "typo" } as never),
        /Cannot take the option nmae of spawn/,
      );
      assert.throws(() => group.spawn(() => 1, null as never), /Cannot .*options of spawn\(\)/);
    });
  });

  test("of two tasks that throw the same primitive counts both", async () => {
    const thrower = (): never => {
      throw "same";
    };
    const group = taskGroup(
      (group) => {
        group.spawn(thrower);
        group.spawn(thrower);
      },
      { onError: "continue" },
    );
    await assert.rejects(group, (error: AggregateError) => error.errors.length === 2);
    await assert.rejects(
      taskGroup((group) => group.spawn(thrower)),
      (error) => error === "same",
    );
  });
});
