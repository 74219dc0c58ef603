import type { EventSummary } from "./types.ts";

/** Whether an event belongs to what a person looks for. */
export type EventFilter = (event: EventSummary) => boolean;

const KEYS: Readonly<Record<string, (event: EventSummary) => string>> = {
  type: (event) => event.type,
  pid: (event) => String(event.pid),
  name: (event) => event.name,
  user: (event) => event.user,
  container: (event) => event.container,
  result: (event) => event.result ?? "",
};

/**
 * Reads a filter: words that must all occur somewhere in an event, `key=value` for type, pid, name, user, container and
 * result, `failed` for calls that failed, and `-` before any of them for its opposite. Empty text lets everything through.
 */
export function readFilter(text: string): EventFilter {
  const tests = text
    .split(/\s+/)
    .filter((word) => word !== "" && word !== "-")
    .map((word): EventFilter => {
      const inner = readWord(word.replace(/^-/, ""));
      return word.startsWith("-") ? (event) => !inner(event) : inner;
    });
  return (event) => tests.every((test) => test(event));
}

function readWord(word: string): EventFilter {
  const [, key = "", value = ""] = /^(\w+)=(.*)$/.exec(word) ?? [];
  const of = KEYS[key];
  if (of !== undefined) return (event) => of(event) === value;
  if (word === "failed") return (event) => (event.value ?? 0) < 0;
  const wanted = word.toLowerCase();
  return (event) =>
    `${event.type} ${event.name} ${event.commandLine} ${event.about ?? ""} ${event.user} ${event.args.map(({ text }) => text).join(" ")}`
      .toLowerCase()
      .includes(wanted);
}
