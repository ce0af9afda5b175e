/** Whether instances of a class can be made again from their fields. */
import { analyseFunction, isNativeText } from "../text/analyse.ts";
import { describeFunction, PortabilityError } from "../errors.ts";
import { builtinName } from "../named/names.ts";
import { type Stay, stayOf } from "./staying.ts";

const checked = new WeakSet<Function>();

/** @throws `PortabilityError` when `cls`, or a class that it extends, gives its instances private names. */
export function checkInstances(cls: Function, path: string): void {
  if (checked.has(cls)) return;
  for (let base = cls; typeof base === "function"; base = Object.getPrototypeOf(base) as Function) {
    const text = Function.prototype.toString.call(base);
    if (isNativeText(text)) break;
    if (analyseFunction(text)?.hasPrivateInstanceNames === true) throw refuseInstances(cls, base, path);
  }
  checked.add(cls);
}

const holding = new WeakMap<Function, boolean>();

/** Whether instances of a class of the program, or of what it uses, hold private names. What the platform has does not count. */
export function holdsPrivateNames(cls: Function): boolean {
  let answer = holding.get(cls);
  if (answer === undefined) {
    answer = builtinName(cls) === undefined && isRefused(cls);
    holding.set(cls, answer);
  }
  return answer;
}

function isRefused(cls: Function): boolean {
  try {
    checkInstances(cls, "");
    return false;
  } catch {
    return true;
  }
}

const PRIVATE: Stay = {
  reason: "it holds private names, which only the code of its class can give it",
  remedy: "send its data and make the object there, or keep the fields public",
};

/** @param base - The class that gives `cls` its private names. */
function refuseInstances(cls: Function, base: Function, path: string): PortabilityError {
  const stay = stayOf(base);
  return new PortabilityError({
    functionName: `an instance of ${describeFunction(stay === undefined ? base : cls)}`,
    path,
    ...(stay ?? PRIVATE),
  });
}
