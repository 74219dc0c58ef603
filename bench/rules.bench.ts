// Rules asked of events: what a rule costs when it is about other kinds of events, and when all are about the same; code
// made at run time beside closures; loading rule files of 1,783 rules (Falco 0.44.1 takes 16 s for as many on such a
// machine). Needs nothing.
import {
  createMemoryProvider,
  eventNames,
  type FieldProvider,
  type MemoryEvent,
} from "@ocelli/event";
import { createRuleEngine, loadRules, type MatchOptions, type RuleEngine } from "@ocelli/rules";

import { compare } from "./support/measure.ts";

const EVENTS = 20_000;
const KINDS = eventNames();
const provider: FieldProvider<MemoryEvent> = createMemoryProvider(KINDS);
const OPENAT = KINDS.indexOf("openat");
const OTHERS = KINDS.filter((name) => name !== "openat");

const events: MemoryEvent[] = Array.from({ length: 64 }, (_none, index) => ({
  type: OPENAT,
  source: "syscall",
  number: index + 1,
  timeNs: 0n,
  fields: {
    "proc.name": `proc${index}`,
    "proc.pname": index % 2 === 0 ? "bash" : "systemd",
    "fd.name": `/var/lib/app/${index}/data.db`,
    "fd.directory": `/var/lib/app/${index}`,
    "container.id": index % 3 === 0 ? "host" : "3ad7b26ded6d",
    "evt.is_open_write": index % 5 === 0,
    "user.uid": index,
  },
}));

function ruleText(index: number, kind: string): string {
  return `- rule: Rule ${index}
  desc: d
  condition: >
    evt.type = ${kind} and evt.is_open_write = true and container.id != host
    and fd.name startswith /etc/${index} and not proc.name in (a${index}, b${index}, c${index}, d${index})
    and proc.pname != parent${index}
  output: "%proc.name %fd.name"
  priority: INFO
`;
}

function engineOf(text: string, mode: MatchOptions["mode"] = "generated"): RuleEngine<MemoryEvent> {
  const engine = createRuleEngine([provider], { matching: "all", mode });
  if (!engine.load([{ name: "bench.yaml", text }]).ok) throw new Error("The rules do not load");
  return engine;
}

function contender(name: string, engine: RuleEngine<MemoryEvent>) {
  return {
    name,
    run: () => {
      let alerts = 0;
      const start = performance.now();
      for (let index = 0; index < EVENTS; index++) {
        const event = events[index & 63];
        if (event !== undefined) alerts += engine.process(event).length;
      }
      const ms = performance.now() - start;
      if (alerts !== 0) throw new Error(`${name} raised ${alerts} alerts`);
      return EVENTS / ms / 1000;
    },
  };
}

function rulesText(count: number, kindOf: (index: number) => string): string {
  return Array.from({ length: count }, (_none, index) => ruleText(index, kindOf(index))).join("");
}

const COUNTS = [10, 100, 1000, 1800];
const otherKind = (index: number): string =>
  index < 10 ? "openat" : (OTHERS[index % OTHERS.length] ?? "close");

await compare(
  "Events asked of rules: 10 about them, the others about other kinds",
  "M events/s",
  COUNTS.map((count) => contender(`${count} rules`, engineOf(rulesText(count, otherKind)))),
);

await compare(
  "Events asked of rules that are all about them",
  "M events/s",
  COUNTS.map((count) => contender(`${count} rules`, engineOf(rulesText(count, () => "openat")))),
);

const hundred = rulesText(100, () => "openat");
await compare("100 rules about the events: code made at run time beside closures", "M events/s", [
  contender("closures", engineOf(hundred, "closures")),
  contender("generated", engineOf(hundred, "generated")),
]);

const many = rulesText(1783, otherKind);
await compare(
  "Loading 1,783 rules",
  "ms",
  [
    {
      name: "one file",
      run: () => {
        const start = performance.now();
        if (!loadRules([{ name: "bench.yaml", text: many }]).ok)
          throw new Error("They do not load");
        return performance.now() - start;
      },
    },
  ],
  { rounds: 5, warmUp: 1 },
);
