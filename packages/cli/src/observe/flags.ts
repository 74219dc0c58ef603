import { UsageError } from "../exit.ts";
import { OBSERVE_FLAGS, type FlagSpec } from "./flag-table.ts";

/** A flag with its value, `true` for a flag without one. */
export interface GivenFlag {
  readonly name: string;
  readonly value: string;
}

/** A command line taken apart. */
export interface ObserveArguments {
  /** `flows`, `agent-events` or `debug-events`. */
  readonly subject: "flows" | "agent-events" | "debug-events";
  /** Flags of filters, in the order given: `--not` stands for the next one. */
  readonly filters: readonly GivenFlag[];
  /** All values of the other flags, by name. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

const SUBJECTS = ["flows", "agent-events", "debug-events"] as const;

/**
 * Reads the words after `observe` as `hubble` does (Go's pflag): `--name value`, `--name=value`, `-n value`, `-nvalue`,
 * bundled short flags, flags that repeat. Throws UsageError.
 */
export function readObserveArguments(words: readonly string[]): ObserveArguments {
  const rest = [...words];
  const subject = SUBJECTS.find((one) => one === rest[0]) ?? "flows";
  if (rest[0] === subject) rest.shift();
  const filters: GivenFlag[] = [];
  const values = new Map<string, string[]>();
  const give = (name: string, spec: FlagSpec, text: string): void => {
    if (spec.filter === true) filters.push({ name, value: text });
    else values.set(name, [...(values.get(name) ?? []), text]);
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.startsWith("--") && word.length > 2) {
      const equals = word.indexOf("=");
      const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
      const spec = specOf(name);
      if (spec === undefined) {
        throw new UsageError(`Unknown flag --${name}: see ocelli observe --help`);
      }
      const given = equals < 0 ? undefined : word.slice(equals + 1);
      give(name, spec, takeValue(`--${name}`, spec, given, rest));
    } else if (word.startsWith("-") && word.length > 1) {
      let letters = word.slice(1);
      while (letters !== "") {
        const letter = letters.charAt(0);
        const found = Object.entries(OBSERVE_FLAGS).find(([, { short }]) => short === letter);
        if (found === undefined) {
          throw new UsageError(`Unknown flag -${letter} in ${word}: see ocelli observe --help`);
        }
        const [name, spec] = found;
        letters = letters.slice(1);
        const attached = letters.startsWith("=")
          ? letters.slice(1)
          : spec.takes === "value" && letters !== ""
            ? letters
            : undefined;
        if (attached !== undefined) letters = "";
        give(name, spec, takeValue(`-${letter}`, spec, attached, rest));
      }
    } else {
      throw new UsageError(`Unknown word "${word}": filters are flags, as in --pod ${word}`);
    }
  }
  return { subject, filters, values };
}

function specOf(name: string): FlagSpec | undefined {
  return Object.hasOwn(OBSERVE_FLAGS, name) ? OBSERVE_FLAGS[name] : undefined;
}

function takeValue(
  shown: string,
  spec: FlagSpec,
  given: string | undefined,
  rest: string[],
): string {
  if (given !== undefined) {
    if (spec.takes === "flag") readSwitch(shown, given);
    return given;
  }
  if (spec.takes !== "value") return "true";
  const next = rest.shift();
  if (next === undefined) throw new UsageError(`Flag ${shown} needs a value`);
  return next;
}

/** A switch's value in the forms that Go takes. */
export function readSwitch(shown: string, text: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw new UsageError(`Invalid value "${text}" for ${shown}: write true or false`);
}
