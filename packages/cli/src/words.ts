/**
 * The words of a command, sorted into options and the rest; one line for what is wrong with them.
 *
 * @packageDocumentation
 */
import { parseArgs } from "node:util";
import { usageError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** The options of a command. One without a `value` is a switch; `value` is what its value is called. */
export type OptionTable = Readonly<Record<string, { readonly value?: string }>>;

/** The table of a command with these options. */
export type OptionsNamed<Name extends string> = Readonly<Record<Name, { readonly value?: string }>>;

/** What was typed. */
export class Words<T extends OptionTable> {
  readonly positionals: readonly string[];
  readonly #given = new Map<string, string>();

  /**
   * Reads the words behind the name of a command. Every option may be given once.
   *
   * @throws `CommandError` with the code `ERR_HEDDLE_USAGE`, naming the option and what to do.
   */
  constructor(command: string, words: readonly string[], options: T) {
    const { tokens } = parseArgs({
      args: [...words],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { value }]) => [
          name,
          { type: value === undefined ? "boolean" : "string" },
        ]),
      ),
      strict: false,
      allowPositionals: true,
      tokens: true,
    });
    const positionals: string[] = [];
    for (const token of tokens) {
      if (token.kind === "positional") positionals.push(token.value);
      if (token.kind !== "option") continue;

      const { name, rawName, value } = token;
      if (!Object.hasOwn(options, name)) throw unknownOption(command, rawName, Object.keys(options));
      if (this.#given.has(name)) throw usageError(`Cannot use ${rawName} twice`);
      const valueName = options[name]!.value;
      if (valueName === undefined) {
        if (value !== undefined) throw usageError(`Cannot give ${rawName} a value: it takes none`);
        this.#given.set(name, "");
      } else {
        if (value === undefined || value === "" || (!token.inlineValue && looksLikeOption(value)))
          throw usageError(`Cannot use ${rawName} without a value; write ${rawName} ${valueName}`);
        this.#given.set(name, value);
      }
    }
    this.positionals = positionals;
  }

  has(name: keyof T & string): boolean {
    return this.#given.has(name);
  }

  text(name: keyof T & string): string | undefined {
    return this.#given.get(name);
  }

  oneOf<V extends string>(name: keyof T & string, values: readonly V[]): V | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = values.find((candidate) => candidate === value);
    if (found !== undefined) return found;

    const suggestion = nearest(value, values);
    const advice =
      suggestion === undefined ? `it is one of ${values.join(", ")}` : `did you mean ${suggestion}?`;
    throw usageError(`Cannot use --${name} ${value}: ${advice}`);
  }

  wholeNumber(name: keyof T & string, least: number, alternative?: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw usageError(
      `Cannot use --${name} ${text}: it takes a whole number, ${least} or more${alternative === undefined ? "" : `, ${alternative}`}`,
    );
  }
}

/** A lone `-` is standard input, and a negative number is a value that some option may refuse by itself. */
function looksLikeOption(value: string): boolean {
  return value.startsWith("-") && value !== "-" && Number.isNaN(Number(value));
}

function unknownOption(command: string, rawName: string, names: readonly string[]): Error {
  if (!rawName.startsWith("--")) {
    return usageError(
      `Cannot use ${rawName}: there is no such option; an ITEM that begins with - goes after --`,
    );
  }
  const suggestion = nearest(
    rawName,
    names.map((name) => `--${name}`),
  );
  const advice = suggestion === undefined ? `see heddle ${command} --help` : `did you mean ${suggestion}?`;
  return usageError(`Cannot use ${rawName}: there is no such option; ${advice}`);
}

/** A function, by its module and the name of its export: `default` when none was given. */
export interface TargetName {
  /** A path or a package, as typed. */
  readonly module: string;
  readonly exportName: string;
}

/** `path#name`: the last `#` parts the two. */
export function splitTarget(target: string): TargetName {
  const hash = target.lastIndexOf("#");
  const module = hash === -1 ? target : target.slice(0, hash);
  const exportName = hash === -1 ? "default" : target.slice(hash + 1);
  if (module === "" || exportName === "") {
    throw usageError(
      `Cannot use ${JSON.stringify(target)}: write MODULE#EXPORT, or MODULE for its default export`,
    );
  }
  return { module, exportName };
}

/** A property that is there only when it has a value. */
export function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
