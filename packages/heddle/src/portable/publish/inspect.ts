/**
 * What the runtime knows about a function: where its text stands, and the variables it closes over.
 *
 * An inspector session inside the process answers synchronously, in workers too, and needs no agent enabled:
 * 45 µs for the scopes of one function. The answers are live objects, not descriptions, because a call "on" a remote
 * object can store it into an object that both sides hold (the *exchange*).
 *
 * @packageDocumentation
 */
import type { Session } from "node:inspector";
import { mainRealm } from "../named/realm.ts";

/** Where the text of a function begins, as V8 counts: from zero, at its parameters. */
export interface Location {
  readonly scriptId: string;
  readonly line: number;
  readonly column: number;
}

/** A bound function, taken apart. */
export interface BoundFunction {
  readonly target: Function;
  readonly self: unknown;
  readonly args: readonly unknown[];
}

/** One function, looked into. */
export interface Inspection {
  /** Absent for native and bound functions. */
  readonly location: Location | undefined;
  /** The variables of each scope, innermost first. Reading one that is not initialised yet throws. */
  readonly scopes: readonly Variables[];
  readonly bound: BoundFunction | undefined;
}

export type Variables = Readonly<Record<string, unknown>>;

interface RemoteObject {
  readonly objectId?: string;
  readonly description?: string;
  readonly value?: unknown;
  readonly unserializableValue?: string;
}

interface Evaluated {
  readonly result: RemoteObject;
}

interface InternalProperty {
  readonly name: string;
  readonly value?: RemoteObject;
}

/** What the inspector and we both hold. */
interface Exchange {
  in: unknown;
  out: unknown;
}

/** Objects that the inspector keeps alive for us until we say so. */
const OBJECT_GROUP = "heddle";

/** Where the exchange is visible while the inspector learns of it. */
const EXCHANGE_KEY = "__heddleExchange";

/** How far up the stack a caller's script is looked for before all scripts are listed. */
const FRAMES = 24;

let connected: Inspector | undefined;

/** The inspector of this thread, or `undefined` where the runtime has none. */
export function inspector(): Inspector | undefined {
  if (connected !== undefined) return connected;
  try {
    const { Session } = process.getBuiltinModule("node:inspector");
    const session = new Session();
    session.connect();
    connected = new Inspector(session);
  } catch {
    return undefined;
  }
  return connected;
}

/** One thread's session. */
export class Inspector {
  readonly #session: Session;
  readonly #exchange: Exchange = { in: undefined, out: undefined };
  readonly #exchangeId: string;
  readonly #urls = new Map<string, string>();

  constructor(session: Session) {
    this.#session = session;
    // Inside a vm context (jest) `globalThis` is not the one that the inspector evaluates in.
    const realm = mainRealm();
    realm[EXCHANGE_KEY] = this.#exchange;
    try {
      const answer = this.#post("Runtime.evaluate", {
        expression: `globalThis.${EXCHANGE_KEY}`,
      }) as Evaluated;
      this.#exchangeId = answer.result.objectId!;
    } finally {
      delete realm[EXCHANGE_KEY];
    }
  }

  /** The scopes and the place of `fn` as they are now. */
  inspect(fn: Function): Inspection {
    try {
      const properties = this.#internalProperties(fn);
      const place = properties.get("[[FunctionLocation]]")?.value as
        | { scriptId: string; lineNumber: number; columnNumber: number }
        | undefined;
      const scopeList = properties.get("[[Scopes]]");
      const target = properties.get("[[TargetFunction]]");
      return {
        location: place && { scriptId: place.scriptId, line: place.lineNumber, column: place.columnNumber },
        scopes:
          scopeList === undefined
            ? []
            : Array.from(this.#live(scopeList) as ArrayLike<{ object: Variables }>, (scope) => scope.object),
        bound: target && {
          target: this.#live(target) as Function,
          self: this.#live(properties.get("[[BoundThis]]")!),
          args: Array.from(this.#live(properties.get("[[BoundArgs]]")!) as ArrayLike<unknown>),
        },
      };
    } finally {
      this.#release();
    }
  }

  /** What kind each scope of `fn` is: "Closure", "Block", "Module", "Global" … */
  scopeKinds(fn: Function): string[] {
    try {
      const { objectId } = this.#internalProperties(fn).get("[[Scopes]]") ?? {};
      if (objectId === undefined) return [];
      const { result } = this.#post("Runtime.getProperties", { objectId, ownProperties: true }) as {
        result: { name: string; value?: RemoteObject }[];
      };
      return result
        .filter(({ name }) => /^\d+$/.test(name))
        .map(({ value }) => value?.description?.replace(/ .*/s, "") ?? "");
    } finally {
      this.#release();
    }
  }

  /** The URL, or path, of a script; empty if it has none. */
  scriptUrl(scriptId: string): string {
    let url = this.#urls.get(scriptId);
    if (url === undefined) {
      // Whoever hands us a function is most often in the same script, and above us on the stack.
      for (const site of process.getBuiltinModule("node:util").getCallSites(FRAMES))
        this.#urls.set(site.scriptId, site.scriptName);
      url = this.#urls.get(scriptId);
    }
    if (url === undefined) {
      const { result } = this.#post("Profiler.getBestEffortCoverage") as {
        result: { scriptId: string; url: string }[];
      };
      for (const script of result) {
        this.#urls.set(script.scriptId, script.url);
      }
      url = this.#urls.get(scriptId) ?? "";
      this.#urls.set(scriptId, url);
    }
    return url;
  }

  /** Notes the URL of a script that was found out in another way. */
  learn(scriptId: string, url: string): void {
    this.#urls.set(scriptId, url);
  }

  #internalProperties(fn: Function): Map<string, RemoteObject> {
    this.#exchange.in = fn;
    const { result } = this.#call("function () { return this.in; }");
    const answer = this.#post("Runtime.getProperties", {
      objectId: result.objectId,
      ownProperties: true,
    }) as {
      internalProperties?: InternalProperty[];
    };
    return new Map(answer.internalProperties?.map(({ name, value }) => [name, value ?? {}]));
  }

  /** The object that the inspector speaks of. */
  #live(remote: RemoteObject): unknown {
    const { objectId, value, unserializableValue } = remote;
    const argument =
      objectId !== undefined
        ? { objectId }
        : unserializableValue !== undefined
          ? { unserializableValue }
          : { value };
    this.#call("function (value) { this.out = value; }", [argument]);
    return this.#exchange.out;
  }

  #call(functionDeclaration: string, args: object[] = []): Evaluated {
    return this.#post("Runtime.callFunctionOn", {
      objectId: this.#exchangeId,
      functionDeclaration,
      arguments: args,
      objectGroup: OBJECT_GROUP,
    }) as Evaluated;
  }

  #release(): void {
    this.#exchange.in = this.#exchange.out = undefined;
    this.#session.post("Runtime.releaseObjectGroup", { objectGroup: OBJECT_GROUP });
  }

  /** Sends a command. Without an agent that works in the background the answer comes before `post` returns. */
  #post(method: string, parameters: object = {}): unknown {
    let answer: unknown;
    let failure: Error | null = null;
    this.#session.post(method as "Runtime.evaluate", parameters as never, (error, result) => {
      failure = error;
      answer = result;
    });
    if (failure !== null) throw failure;
    return answer;
  }
}
