/** What the compiler says to the arguments of what calls a function later. It is compiled, and not run. */
import { describe, test } from "node:test";
import { Process, Thread, Timer } from "../index.ts";

const never = (): unknown[] => {
  const power = (n: number): number => 2 ** n;
  const round = (n: number, digits?: number): string => n.toFixed(digits);
  const sum = (...terms: number[]): number => terms.length;
  const later = async (key: string, { id }: { id: number }): Promise<string> => key.padStart(id);

  return [
    // @ts-expect-error -- the argument is missing
    new Thread(power),
    // @ts-expect-error -- the argument is missing
    new Thread(power, { name: "power" }),
    // @ts-expect-error -- the argument is missing
    new Process(power),
    // @ts-expect-error -- the argument is missing
    new Process(power, {}),
    // @ts-expect-error -- the argument is missing
    new Timer(1, power),
    // @ts-expect-error -- the argument is missing
    new Timer(1, power, { daemon: true }),
    // @ts-expect-error -- the argument is text
    new Thread(power, { args: ["1"] }),
    // @ts-expect-error -- there is one argument too many
    new Process(power, { args: [1, 2] }),
    // @ts-expect-error -- there is one argument too many
    new Timer(1, () => 1, { args: [1] }),

    new Thread(power, { args: [1] }).result satisfies Promise<number>,
    new Process(later, { args: ["x", { id: 1 }] }).result satisfies Promise<string>,
    new Thread((n) => power(n), { args: [1] }).result satisfies Promise<number>,
    new Thread(round, { args: [1] }),
    new Process(round, { args: [1, 2], daemon: true }),
    new Thread(sum),
    new Thread(sum, { args: [1, 2, 3] }),
    new Timer(1, (n = 1) => power(n)),
    new Timer(1, (n = 1) => power(n), { args: [2] }),
    new Thread(() => 1, undefined).result satisfies Promise<number>,
    new Process(() => 1, { name: "one", args: [] }),
    new Thread(<T>(value: T): T => value, { args: [1] }),
  ];
};

describe("args of Thread, Process and Timer", () => {
  test("may be left out, say the types, only if the function can do without", () => {
    void never;
  });
});
