import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { setTimeout as nodeSleep } from "node:timers/promises";
import { Lock } from "../sync/index.ts";
import { InlineExecutor } from "../futures/index.ts";
import { allTasks, ContextVar } from "../scopes/index.ts";
import {
  currentTask,
  gather,
  shield,
  sleep,
  taskGroup,
  type TaskGroup,
  TaskGroupStateError,
} from "./index.ts";

const FOREVER = Infinity;
const isStop = (error: unknown): boolean => error === "stop";
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("taskGroup()", () => {
  test("gives what its body gives, after all its tasks have ended", async () => {
    const order: string[] = [];
    const value = await taskGroup(async (group) => {
      group.spawn(async () => {
        await turn();
        order.push("task");
      });
      order.push("body");
      return 7;
    });
    assert.equal(value, 7);
    assert.deepEqual(order, ["body", "task"]);
  });

  test("begins tasks in order, after the code that spawns them", async () => {
    const order: number[] = [];
    await taskGroup((group) => {
      for (let i = 0; i < 200; i++) group.spawn(() => void order.push(i));
      assert.deepEqual(order, []);
    });
    assert.deepEqual(
      order,
      Array.from({ length: 200 }, (_, i) => i),
    );
  });

  test("begins what a task spawns in a group of its own before the task beside it, as bare calls would run", async () => {
    const order = async (nest: (bodies: (() => Promise<void>)[]) => Promise<unknown>): Promise<string[]> => {
      const begun: string[] = [];
      const grow = async (name: string): Promise<void> => {
        begun.push(name);
        if (name.length < 4) await nest(["a", "b", "c"].map((letter) => () => grow(name + letter)));
      };
      await grow("");
      return begun;
    };
    const bare = await order((bodies) => Promise.all(bodies.map((body) => body())));
    const spawned = await order((bodies) =>
      taskGroup((group) => {
        for (const body of bodies) group.spawn(body);
      }),
    );
    assert.deepEqual(spawned, bare);
    assert.deepEqual(await order((bodies) => gather(...bodies)), bare);
  });

  test("has few tasks of a large tree under way at once, if they are quick", async () => {
    let [live, most] = [0, 0];
    const grow = async (levels: number): Promise<void> => {
      most = Math.max(most, ++live);
      if (levels > 0) {
        await taskGroup((group) => {
          for (let i = 0; i < 10; i++) group.spawn(() => grow(levels - 1));
        });
      }
      live--;
    };
    await grow(4);
    assert.ok(most < 1000, `${most} of 11,111`);
  });

  test("gives futures of what the tasks give, awaited or not", async () => {
    await taskGroup(async (group) => {
      const one = group.spawn(() => 1);
      const two = group.spawn(async () => {
        await turn();
        return 2;
      });
      assert.equal(one.state, "pending");
      assert.equal(await one, 1);
      assert.equal(two.state, "running");
      assert.equal((await one) + (await two), 3);
    });
  });

  test("lets tasks spawn tasks while any lives, and its body long gone", async () => {
    const seen: number[] = [];
    await taskGroup((group) => {
      const next = (depth: number): void => {
        seen.push(depth);
        if (depth < 5) group.spawn(() => next(depth + 1));
      };
      group.spawn(() => next(0));
    });
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
  });

  test("takes no task once it has ended", async () => {
    let kept: TaskGroup | undefined;
    await taskGroup((group) => void (kept = group));
    assert.throws(() => kept!.spawn(() => {}), TaskGroupStateError);
    assert.throws(() => kept!.spawn(() => {}), /Cannot spawn task "\(anonymous\)": its group has ended/);
    assert.throws(() => kept!.spawn(() => {}), {
      code: "ERR_HEDDLE_TASK_GROUP_STATE",
      message: /has ended$/,
    });
    kept!.cancel("late");
    assert.equal(kept!.size, 0);
  });

  test("runs no more tasks at once than its limit, and the others in order", async () => {
    let [running, most] = [0, 0];
    const begun: number[] = [];
    await taskGroup(
      (group) => {
        for (let i = 0; i < 50; i++) {
          group.spawn(async () => {
            begun.push(i);
            most = Math.max(most, ++running);
            await turn();
            running--;
          });
        }
        assert.equal(group.size, 50);
      },
      { limit: 4 },
    );
    assert.equal(most, 4);
    assert.deepEqual(
      begun,
      Array.from({ length: 50 }, (_, i) => i),
    );
  });

  test("serves a hundred thousand small jobs under a limit", async () => {
    let sum = 0;
    await taskGroup(
      (group) => {
        for (let i = 0; i < 100_000; i++) group.spawn(async () => void (sum += i));
      },
      { limit: 100 },
    );
    assert.equal(sum, 4_999_950_000);
  });

  test("refuses what is not right, naming it", async () => {
    await assert.rejects(taskGroup(1 as never), TypeError);
    await assert.rejects(
      taskGroup(() => {}, { limit: 0 }),
      RangeError,
    );
    await assert.rejects(
      taskGroup(() => {}, { onError: "ignore" as never }),
      /onError/,
    );
    await assert.rejects(
      taskGroup(() => {}, { retries: 1 } as never),
      /retries/,
    );
    await taskGroup((group) => {
      assert.throws(
        () => group.spawn(1 as never),
        /^TypeError: Cannot spawn a task: it is number, not a function$/,
      );
      assert.throws(
        () => group.spawn(Promise.resolve(1) as never),
        /^TypeError: Cannot spawn a task: it is a promise, of what runs already; pass the function that makes it/,
      );
      assert.throws(() => group.spawn(() => {}, { name: 1 as never }), TypeError);
    });
  });
});

describe("a failure in a group", () => {
  test("cancels the other tasks and the body, and is thrown as itself", async () => {
    const failure = new RangeError("no");
    const ends: unknown[] = [];
    const note = async (wait: Promise<void>): Promise<void> =>
      wait.catch((reason: unknown) => void ends.push(reason));
    await assert.rejects(
      taskGroup(async (group) => {
        group.spawn(() => note(sleep(FOREVER)));
        group.spawn(
          () => {
            throw failure;
          },
          { name: "bad" },
        );
        await note(sleep(FOREVER));
        await note(sleep(FOREVER));
      }),
      (error) => error === failure,
    );
    assert.equal(ends.length, 3);
    for (const reason of ends as DOMException[]) {
      assert.equal(reason.name, "AbortError");
      assert.equal(reason.cause, failure);
      assert.match(reason.message, /"bad"/);
    }
  });

  test("of several tasks arrives in one AggregateError that names them", async () => {
    await assert.rejects(
      taskGroup(async (group) => {
        for (const name of ["one", "two"]) {
          group.spawn(() => Promise.reject(new RangeError(`from ${name}`)), { name });
        }
        await Promise.resolve();
        throw new TypeError("from the body");
      }),
      (error) => {
        assert.ok(error instanceof AggregateError);
        assert.deepEqual(error.errors.map(({ message }: Error) => message).toSorted(), [
          "from one",
          "from the body",
          "from two",
        ]);
        assert.match(error.message, /"one": RangeError: from one/);
        assert.match(error.message, /its body: TypeError/);
        return true;
      },
    );
  });

  test("shows the task's name and where it was spawned", async () => {
    function spawnHere(group: TaskGroup): void {
      group.spawn(() => Promise.reject(new Error("no")), { name: "worker-7" });
    }
    await assert.rejects(taskGroup(spawnHere), (error: Error) => {
      assert.match(error.stack!, /in task "worker-7", spawned ---\n\s+at spawnHere \(/);
      return true;
    });
  });

  test("falsy as it may be, is thrown", async () => {
    for (const failure of [undefined, null, 0, ""]) {
      const thrown = await taskGroup((group) => void group.spawn(() => Promise.reject(failure))).then(
        () => "nothing",
        (error: unknown) => ({ error }),
      );
      assert.deepEqual(thrown, { error: failure });
    }
  });

  test("that goes through those who await it is one failure", async () => {
    const failure = new Error("no");
    await assert.rejects(
      taskGroup(async (group) => {
        const bad = group.spawn(() => Promise.reject(failure));
        group.spawn(async () => await bad);
        await bad;
      }),
      (error) => error === failure,
    );
  });

  test("under onError: continue lets the others finish, and all failures are thrown at the end", async () => {
    const done: number[] = [];
    await assert.rejects(
      taskGroup(
        (group) => {
          for (let i = 0; i < 4; i++) {
            group.spawn(async () => {
              await turn();
              if (i % 2 === 0) throw new Error(`no ${i}`);
              done.push(i);
            });
          }
        },
        { onError: "continue" },
      ),
      AggregateError,
    );
    assert.deepEqual(done, [1, 3]);
  });

  test("of the body cancels the tasks even under onError: continue", async () => {
    await assert.rejects(
      taskGroup(
        (group) => {
          group.spawn(() => sleep(FOREVER));
          throw new Error("body");
        },
        { onError: "continue" },
      ),
      /body/,
    );
  });

  test("in a nested group arrives as that group throws it", async () => {
    const failure = new Error("inner");
    await assert.rejects(
      taskGroup((outer) => {
        outer.spawn(() => taskGroup((inner) => void inner.spawn(() => Promise.reject(failure))));
        outer.spawn(() => sleep(FOREVER));
      }),
      (error) => error === failure,
    );
  });

  test("wins over a cancellation from outside", async () => {
    const controller = new AbortController();
    await assert.rejects(
      taskGroup(
        async (group) => {
          group.spawn(async () => {
            try {
              await sleep(FOREVER);
            } finally {
              // oxlint-disable-next-line no-unsafe-finally -- what a careless clean-up does
              throw new Error("in clean-up");
            }
          });
          await turn();
          controller.abort("stop");
        },
        { signal: controller.signal },
      ),
      /in clean-up/,
    );
  });

  test("is no unhandled rejection, whoever asks for the future and when", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    await taskGroup((group) => void group.spawn(() => Promise.reject(new Error("no")))).catch(() => {});
    await taskGroup(async (group) => {
      group.spawn(() => sleep(FOREVER));
      await turn();
      group.cancel("stop");
    });
    await turn();
    await turn();
    process.off("unhandledRejection", note);
    assert.deepEqual(unhandled, []);
  });
});

describe("a cancelled group", () => {
  test("throws in every wait inside, again and again, and not under shield", async () => {
    const seen: unknown[] = [];
    const lock = new Lock();
    const caught = async (wait: () => Promise<unknown>): Promise<void> => {
      await wait().then(
        (value) => seen.push(value),
        (reason: unknown) => seen.push(reason),
      );
    };
    await taskGroup(async (group) => {
      group.spawn(async () => {
        await caught(() => sleep(FOREVER));
        await caught(() => sleep(0));
        await caught(() => lock.acquire());
        await caught(() => taskGroup(() => "began"));
        await caught(() =>
          shield(async () => {
            await sleep(0);
            return "shielded";
          }),
        );
        await caught(() => sleep(0));
      });
      await turn();
      group.cancel("stop");
    });
    assert.deepEqual(seen, ["stop", "stop", "stop", "stop", "shielded", "stop"]);
  });

  test("by cancel() ends its tasks quietly, and gives what its body gives", async () => {
    const value = await taskGroup(async (group) => {
      const task = group.spawn(() => sleep(FOREVER));
      await turn();
      group.cancel("stop");
      group.cancel("again");
      assert.equal(group.signal.reason, "stop");
      await assert.rejects(sleep(0), isStop);
      assert.ok(task.cancelled);
      return "value";
    });
    assert.equal(value, "value");
  });

  test("by cancel() throws nothing and gives nothing if that stopped its body, whoever called it", async () => {
    for (const reason of ["stop", undefined, new Error("enough")]) {
      const own = await taskGroup(async (group) => {
        group.cancel(reason);
        await sleep(FOREVER);
        return "value";
      });
      assert.equal(own, undefined);
      const byTask = await taskGroup(async (group) => {
        const task = group.spawn(() => group.cancel(reason));
        await sleep(FOREVER);
        return task;
      });
      assert.equal(byTask, undefined);
    }
    const outside = await taskGroup(async (group) => {
      setImmediate(() => group.cancel("stop"));
      await group.spawn(() => sleep(FOREVER));
    });
    assert.equal(outside, undefined);
  });

  test("by cancel() throws what fails meanwhile in its body or its tasks", async () => {
    const fail = async (message: string): Promise<never> => {
      await sleep(FOREVER).catch(() => {
        throw new Error(message);
      });
      return assert.fail("it went on");
    };
    const failing = taskGroup(async (group) => {
      group.spawn(() => fail("task"));
      await turn();
      group.cancel("stop");
      await fail("body");
    });
    await assert.rejects(failing, (error: AggregateError) => {
      assert.deepEqual(error.errors.map(String), ["Error: task", "Error: body"]);
      return true;
    });
  });

  test("by cancel() within a scope that is cancelled, too, throws the reason of that", async () => {
    const outer = taskGroup(async (around) => {
      around.spawn(async () => {
        await taskGroup(async (group) => {
          group.cancel("inner");
          around.cancel("outer");
          await sleep(FOREVER);
        });
        assert.fail("it went on");
      });
    });
    assert.equal(await outer, undefined);
  });

  test("never runs what was queued, nor what is spawned from then on", async () => {
    const ran: string[] = [];
    await taskGroup(
      async (group) => {
        group.spawn(() => sleep(FOREVER));
        const queued = group.spawn(() => ran.push("queued"));
        await turn();
        group.cancel("stop");
        const late = group.spawn(() => ran.push("late"));
        assert.ok(queued.cancelled && late.cancelled);
        assert.equal(group.size, 1);
      },
      { limit: 1 },
    );
    assert.deepEqual(ran, []);
  });

  test("from outside throws the reason if that stopped anything, and gives the value if not", async () => {
    const controller = new AbortController();
    const run = (task: () => Promise<unknown>): Promise<string> =>
      taskGroup(
        async (group) => {
          group.spawn(task);
          await turn();
          controller.abort("stop");
          return "value";
        },
        { signal: controller.signal },
      );
    assert.equal(await run(() => sleep(FOREVER).catch(() => "swallowed")), "value");
    await assert.rejects(
      run(() => sleep(FOREVER)),
      isStop,
    );
  });

  test("before it began does not run its body", async () => {
    await assert.rejects(
      taskGroup(() => assert.fail("it ran"), { signal: AbortSignal.abort("stop") }),
      isStop,
    );
  });

  test("cancels the groups inside it, with its reason", async () => {
    const reasons: unknown[] = [];
    await taskGroup(async (outer) => {
      outer.spawn(() =>
        taskGroup((inner) => {
          inner.spawn(() =>
            taskGroup(async () => {
              await sleep(FOREVER).catch((reason: unknown) => reasons.push(reason));
            }),
          );
        }),
      );
      await turn();
      outer.cancel("stop");
    });
    assert.deepEqual(reasons, ["stop"]);
  });

  test("waits for tasks that take their time, or do not heed", async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let hasEnded = false;
    const group = taskGroup(async (group) => {
      group.spawn(() => gate);
      await turn();
      group.cancel("stop");
    }).then(() => (hasEnded = true));
    await turn();
    assert.equal(hasEnded, false);
    open();
    await group;
  });

  test("takes an API that wraps the reason of its signal for cancelled", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => nodeSleep(60_000, undefined, { signal: currentTask().signal }));
      await turn();
      group.cancel("stop");
      await task.exception().catch(() => {});
    });
  });

  test("by its timeoutMs throws TimeoutError, and leaves no timer", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const group = taskGroup((group) => void group.spawn(() => sleep(1000)), { timeoutMs: 500 });
    await turn();
    context.mock.timers.tick(500);
    await assert.rejects(group, { name: "TimeoutError", code: "ERR_HEDDLE_TIMEOUT" });
  });

  test("cancels its calls on executors, and waits for them", async () => {
    const executor = new InlineExecutor();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    let hasEnded = false;
    const group = taskGroup(async (group) => {
      const call = executor.submit(() => {
        begin();
        return gate;
      });
      await begun;
      group.cancel("stop");
      assert.ok(call.cancelled);
    }).then(() => (hasEnded = true));
    await begun;
    await turn();
    assert.equal(hasEnded, false);
    open();
    await group;
  });
});

describe("the future of a task", () => {
  test("cancel() stops that task alone", async () => {
    await taskGroup(async (group) => {
      const stopped = group.spawn(() => sleep(FOREVER));
      const other = group.spawn(async () => {
        await turn();
        return "other";
      });
      await turn();
      assert.equal(stopped.cancel("stop"), true);
      await assert.rejects(stopped.result(), isStop);
      assert.ok(stopped.cancelled);
      assert.equal(await other, "other");
      assert.equal(stopped.cancel(), true);
      assert.equal(other.cancel(), false);
    });
  });

  test("cancel() before the task has begun: it never runs", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => assert.fail("it ran"));
      assert.equal(task.cancel("stop"), true);
      assert.equal(group.size, 0);
      await assert.rejects(task.result(), isStop);
    });
  });

  test("cancel() of a task that catches it and goes on: its value counts", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => sleep(FOREVER).catch(() => "went on"));
      await turn();
      task.cancel("stop");
      assert.equal(await task, "went on");
      assert.equal(task.cancelled, false);
    });
  });

  test("cancel({ graceMs }) of a task that does not heed: nobody waits for it any more but its group", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    await taskGroup(async (group) => {
      const task = group.spawn(() => gate);
      await turn();
      task.cancel("stop", { graceMs: 10 });
      assert.equal(task.done, false);
      mock.timers.tick(10);
      assert.ok(task.cancelled);
      assert.equal(group.size, 1);
      open();
    });
    mock.timers.reset();
  });
});

describe("a task", () => {
  test("sees the context variables that were bound where it was spawned", async () => {
    const user = new ContextVar("test.task-user", "nobody");
    await taskGroup(async (group) => {
      const futures = ["ann", "bob"].map((name) => user.run(name, () => group.spawn(() => user.get())));
      const outside = group.spawn(() => user.get());
      assert.deepEqual([await futures[0], await futures[1], await outside], ["ann", "bob", "nobody"]);
    });
  });

  test("leaves nothing in the tree of tasks when it has ended, however it ended", async () => {
    await taskGroup(async (group) => {
      group.spawn(() => {});
      group.spawn(() => sleep(FOREVER));
      group.spawn(() => assert.fail("never runs")).cancel();
      await turn();
      assert.equal(allTasks().length, 1);
      group.cancel();
    });
    assert.deepEqual(allTasks(), []);
  });
});
