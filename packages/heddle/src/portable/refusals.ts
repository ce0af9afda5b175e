/** Why functions are refused, in words. */
import type { WireError } from "../wire/index.ts";
import type { Obstacle } from "./text/analyse.ts";
import type { CapturedName, Code, Place } from "./publish/code.ts";
import { describeFunction, PortabilityError } from "./errors.ts";
import { FunctionNode } from "./publish/nodes.ts";
import { pathOf } from "./text/script-path.ts";
import type { Through } from "./publish/visit.ts";

/** Says that `fn` as a whole cannot travel. */
export function refuse(fn: Function, reason: string, remedy: string, variable?: string): PortabilityError {
  return new PortabilityError({ functionName: describeFunction(fn), reason, remedy, variable });
}

/** Says that something in the text of `fn` stops it. */
export function refuseObstacle(fn: Function, obstacle: Obstacle, place: Place | undefined): PortabilityError {
  const { what, name } = obstacle;
  const [reason, remedy] = OBSTACLES[what](name);
  const line = what === "assignment" ? place?.script?.lineOf(name, place.start) : undefined;
  return new PortabilityError({
    functionName: describeFunction(fn),
    variable: name,
    reason,
    remedy,
    boundAt: place && whereabouts(place.url, line ?? place.line + 1),
  });
}

/** Says that a class needs a variable for a computed key, and that it is gone. */
export function refuseKey(cls: Function, name: string, place: Place): PortabilityError {
  return new PortabilityError({
    functionName: describeFunction(cls),
    variable: name,
    reason: `it has a computed key that uses "${name}", which nothing keeps once the class is made`,
    remedy: "declare that variable outside of any function, or use it in a method or static block, too",
    boundAt: whereabouts(place.url, place.script?.lineOf(name, place.start) ?? place.line + 1),
  });
}

/** Says that a captured variable has no value yet. */
export function notInitialised(
  fn: Function,
  { name }: CapturedName,
  code: Code,
  cause: unknown,
): PortabilityError {
  return new PortabilityError(
    {
      functionName: describeFunction(fn),
      variable: name,
      reason: `its captured variable "${name}" is not initialised yet`,
      remedy: "send the function after that declaration has run",
      boundAt: boundAt(code, name),
    },
    { cause },
  );
}

/** Says that the value of a captured variable (or property, or bound argument) cannot travel. */
export function refuseValue(through: Through, error: WireError): PortabilityError {
  const { name } = through;
  const found = error.message.replace(/^Cannot send [^:]*: /, "");
  const where = error.path === name ? "" : `, as ${error.path}`;
  const reason = `its captured variable "${name}" cannot travel${where}: ${found}`;
  return refuseThrough(
    through,
    reason,
    "make it inside the function, or pass what is needed of it as an argument",
    error,
  );
}

/** Says that a captured variable holds something that can only be moved. */
export function refuseMove(through: Through): PortabilityError {
  const reason = `its captured variable "${through.name}" holds something that moves to one thread and is gone from this one`;
  return refuseThrough(through, reason, "pass it as an argument", undefined);
}

function refuseThrough(
  { user, name }: Through,
  reason: string,
  remedy: string,
  cause: unknown,
): PortabilityError {
  let visit = user;
  while (!(visit.node instanceof FunctionNode)) visit = visit.through!.user;
  const { fn, captured } = visit.node;
  return new PortabilityError(
    {
      functionName: describeFunction(fn),
      variable: name,
      reason,
      remedy,
      boundAt: captured?.kind === "code" ? boundAt(captured.code, name) : undefined,
    },
    cause === undefined ? undefined : { cause },
  );
}

/** `file:line` of the declaration of a captured variable, or else of the function. */
function boundAt(code: Code, name: string): string | undefined {
  const line = code.script?.lineOf(name, code.start) ?? code.description.line + 1;
  return whereabouts(code.description.url, line);
}

function whereabouts(url: string, line: number): string | undefined {
  return url === "" ? undefined : `${pathOf(url) ?? url}:${line}`;
}

const OBSTACLES: Record<Obstacle["what"], (name: string) => [reason: string, remedy: string]> = {
  assignment: (name) => [
    `it assigns to "${name}", which it captures, and each thread has its own copy`,
    "return the new value instead, or keep it in something shared, such as an atomic or a SharedArrayBuffer",
  ],
  this: () => [
    "it is an arrow function that uses `this` of the code around it",
    "take what is needed of it into a variable first, or pass it as an argument",
  ],
  super: () => [
    "it uses `super`, which belongs to the object it was written in",
    "call the inherited method by name",
  ],
  "new.target": () => [
    "it is an arrow function that uses `new.target` of the function around it",
    "take it into a variable first",
  ],
  arguments: () => [
    "it is an arrow function that uses `arguments` of the function around it",
    "name the parameters, or take the rest: (...args)",
  ],
  "private name": (name) => [
    `it uses the private name "${name}" of a class outside its own text`,
    "send the class, or give the function what it needs as arguments",
  ],
  eval: () => [
    "it calls `eval`, so what it captures cannot be known",
    "write the code out, or use new Function inside it",
  ],
};
