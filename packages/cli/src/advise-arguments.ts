/**
 * What `heddle advise` was asked for.
 *
 * @packageDocumentation
 */
import { usageError } from "./errors.ts";
import { FORMATS, type InputArguments, refuseWrongInput } from "./input-arguments.ts";
import { optional, type OptionsNamed, splitTarget, type TargetName, Words } from "./words.ts";

/** Everything that was asked for. What is absent was not said. */
export interface AdviseArguments extends TargetName, InputArguments {
  /** Where the page goes. */
  readonly report: string;
}

const DEFAULT_REPORT = "heddle-advice.html";

export const ADVISE_OPTIONS: OptionsNamed<"input" | "format" | "report"> = {
  input: { value: "FILE, or - for standard input" },
  format: { value: FORMATS.join("|") },
  report: { value: "FILE" },
};

/**
 * Reads the words behind `heddle advise`.
 *
 * @throws `CommandError` with the code `ERR_HEDDLE_USAGE`.
 */
export function parseAdvise(typed: readonly string[]): AdviseArguments {
  const words = new Words("advise", typed, ADVISE_OPTIONS);
  const [target, ...items] = words.positionals;
  if (target === undefined) {
    throw usageError("Cannot advise: no module given; heddle advise MODULE[#EXPORT] --input FILE");
  }
  const given: AdviseArguments = {
    ...splitTarget(target),
    items,
    ...optional("input", words.text("input")),
    ...optional("format", words.oneOf("format", FORMATS)),
    report: words.text("report") ?? DEFAULT_REPORT,
  };
  refuseWrongInput("advise", given);
  return given;
}
