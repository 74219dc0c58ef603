// Feeds damaged rule files to the rule engine:
//   node --conditions=development tools/fuzz-rules.ts [--count N] [--seed S] [--seconds T] [--save FOLDER]
// Mutates a few files of our own and, where the shared data lies beside the repository, the files of Falco's own tests.
// Each is loaded; what loads is asked of events, its alerts are written, explained and searched for dead rules; every
// tenth text is also read as a test of rules and as audit events. Reports how often each step came to its end, the
// throughput and the slowest input. An input that makes something throw, or takes longer than a second of processor time,
// is saved; then the exit code is 1.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { createMemoryProvider, type MemoryEvent } from "@ocelli/event";
import {
  createRuleEngine,
  describeRule,
  explainCondition,
  findDeadRules,
  findNearMisses,
  formatAlertJson,
  formatExplanation,
  formatRuleDiagnostic,
  planDiscard,
  readAuditEvents,
  readRuleTests,
  remarksOf,
} from "@ocelli/rules";
import { sharedData, sharedRows } from "@ocelli/testkit";

import { root } from "./sources.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "3600" },
    save: { type: "string", default: join(root, ".cache/fuzz-rules") },
  },
});
const count = Number(values.count);
const LIMIT_MS = 1000;

const OWN = [
  `- required_engine_version: 0.44.0
- required_plugin_versions: [{name: container, version: 0.4.0}]
- list: shells
  items: [bash, sh, "a b"]
- macro: opened
  condition: (evt.type in (open, openat) and evt.is_open_read=true and fd.num>=0)
- rule: Shell reads
  desc: a shell reads a file
  condition: opened and proc.name in (shells) and not fd.name pmatch (/usr, "/et?/*")
  output: "%proc.name read %fd.name as %user.name %12proc.pid %toupper(proc.name) %evt.arg[flags] 5%%"
  priority: WARNING
  tags: [a, b]
  exceptions:
    - {name: one, fields: [proc.name, fd.name], comps: [=, startswith], values: [[bash, /tmp], [sh, /var]]}
    - {name: two, fields: proc.pname, values: [cron, (a, b)]}
`,
  `- rule: Everything
  desc: d
  condition: >
    evt.type != close and (proc.aname = sshd or fd.ip = 10.0.0.1 or fd.snet in (10.0.0.0/8, "fe80::/10")
    or tolower(proc.name) = val(proc.pname) or len(fd.name) > 5 or proc.cmdline regex "a(b|c)*[[:digit:]]+$"
    or evt.buffer bcontains 00ff or proc.env[HOME] exists or proc.name glob "b[a-z]*?"
    or getopt(("-a", proc.args), "a:b")[a] = x or fd.types intersects (file, ipv4) or fd.sport in (80, https))
  output: o
  priority: info
  enabled: false
- rule: Everything
  enabled: true
  override: {enabled: replace}
- rule: Everything
  condition: and evt.num > 0
  tags: [z]
  override:
    condition: append
    tags: append
- rule: Audit
  desc: d
  source: k8s_audit
  condition: ka.verb = create and ka.req.pod.containers.image intersects (nginx) and jevt.value[/a/b] exists
  output: "%ka.user.name"
  priority: ERROR
  skip-if-unknown-filter: true
  warn_evttypes: false
`,
  `- test: one
  rules: [a.yaml]
  events: [{evt.type: open}]
  expect: [{rule: a, count: 1, fields: {proc.name: a}}]
`,
];

const WORDS = [
  ..."and|or|not|in|(|)|[|]|,|:|- |\n|\"|'|\\|>|&a|*a|<<|!!|%|=|!=|exists|val(|len(|oneof|anyof|evt.type|proc.name|fd.ip".split(
    "|",
  ),
  "condition",
  "append: true",
  "override:",
  "exceptions",
  "((((((((",
  "\u0000",
  "😀",
  "99999999999999999999",
  "{1000}",
  "  ",
  "(a|a)*",
];

/** mulberry32: small, fast, the same everywhere; gives whole numbers below `limit`. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit) | 0;
  };
}

function readSeeds(): string[] {
  const rows = sharedRows<{ yaml: string }>("falco/rule_loader.ndjson").map(({ yaml }) => yaml);
  const folder = sharedData("falco/tests/rules");
  const files = (folder === undefined ? [] : readdirSync(folder))
    .map((name) => readFileSync(join(folder ?? "", name), "utf8"))
    // The whole rule sets among them take a hundred times longer than all others.
    .filter((text) => text.length < 8000);
  return [...OWN, ...OWN, ...OWN, ...rows, ...files];
}

function mutate(text: string, other: string, random: (limit: number) => number): string {
  let copy = text;
  for (let left = 1 + random(5); left > 0; left -= 1) {
    const at = random(copy.length + 1);
    const length = random(1 + random(40));
    const word = WORDS[random(WORDS.length)] ?? "";
    switch (random(8)) {
      case 0:
        copy = copy.slice(0, at) + copy.slice(at + length);
        break;
      case 1:
        copy = copy.slice(0, at) + copy.slice(at, at + length) + copy.slice(at);
        break;
      case 2: {
        const from = random(other.length + 1);
        copy = copy.slice(0, at) + other.slice(from, from + random(200)) + copy.slice(at);
        break;
      }
      case 3:
        copy =
          copy.slice(0, at) +
          String.fromCharCode(random(random(8) === 0 ? 0x1_00_00 : 128)) +
          copy.slice(at + 1);
        break;
      case 4:
        copy = random(30) === 0 ? copy.slice(0, at) : copy + other;
        break;
      default:
        copy = copy.slice(0, at) + word + copy.slice(at + (random(2) === 0 ? word.length : 0));
    }
    if (copy.length > 40_000) return copy.slice(0, 40_000);
  }
  return copy;
}

const KINDS = ["", "open", "", "openat", "", "execve"];
const provider = createMemoryProvider(KINDS);
const events: MemoryEvent[] = [1, 3, 5].map((type, index) => ({
  type,
  source: "syscall",
  number: index + 1,
  timeNs: 1795191076056312762n,
  fields: {
    "evt.type": KINDS[type],
    "evt.num": index + 1,
    "evt.is_open_read": true,
    "fd.num": 3,
    "fd.name": "/tmp/abc12",
    "proc.name": "bash",
    "proc.pname": "sshd",
    "proc.aname": ["sshd", "systemd"],
    "proc.cmdline": "abcbc7",
    "fd.ip": [Uint8Array.of(10, 0, 0, 1)],
    "fd.types": ["file"],
    "evt.buffer": Uint8Array.of(0, 255, 1),
  },
}));

/** How often a step came to its end. */
const reached = new Map<string, number>();
const reach = (name: string): void => {
  reached.set(name, (reached.get(name) ?? 0) + 1);
};

function exercise(text: string, input: number): void {
  const engine = createRuleEngine([provider], {
    matching: "all",
    mode: input % 2 === 0 ? "generated" : "closures",
  });
  const loaded = engine.load([{ name: "fuzz.yaml", text }]);
  for (const remark of remarksOf(loaded)) formatRuleDiagnostic(remark);
  if (input % 10 === 0) {
    if (readRuleTests(text).ok) reach("readRuleTests");
    if (readAuditEvents(text).ok) reach("readAuditEvents");
  }
  if (!loaded.ok) return;
  reach("loaded");
  if (loaded.rules.length > 0) reach("with rules");
  for (const event of events) {
    for (const alert of engine.process(event)) {
      formatAlertJson(alert);
      reach("alerts");
    }
  }
  if (input % 4 !== 0) return;
  const [event] = events;
  if (event === undefined) return;
  for (const rule of loaded.rules.slice(0, 5)) {
    describeRule(rule);
    formatExplanation(explainCondition(rule.condition, provider, event));
  }
  findNearMisses(loaded.rules, provider, event);
  findDeadRules(loaded.rules, { provider });
  const matcher = engine.matcher("syscall");
  if (matcher !== undefined) planDiscard(1, matcher.partsOfType(1), () => true);
  reach("explained");
}

const random = createRandom(Number(values.seed));
const seeds = readSeeds();
const until = performance.now() + Number(values.seconds) * 1000;
const started = performance.now();
let inputs = 0;
let faults = 0;
let slowest = 0;
for (; inputs < count && performance.now() < until; inputs += 1) {
  const seed = seeds[random(seeds.length)] ?? "";
  const text = mutate(seed, seeds[random(seeds.length)] ?? "", random);
  const before = process.cpuUsage();
  let fault: unknown;
  try {
    exercise(text, inputs);
  } catch (error) {
    fault = error;
  }
  const { user, system } = process.cpuUsage(before);
  const ms = (user + system) / 1000;
  slowest = Math.max(slowest, ms);
  if (fault === undefined && ms <= LIMIT_MS) continue;
  faults += 1;
  mkdirSync(values.save, { recursive: true });
  const path = join(values.save, `${values.seed}-${inputs}.yaml`);
  writeFileSync(path, text);
  const what = fault instanceof Error ? (fault.stack ?? fault.message) : `took ${ms.toFixed(0)} ms`;
  console.error(`${path}: ${what}`);
}
const seconds = (performance.now() - started) / 1000;
const memory = process.memoryUsage.rss() / 2 ** 20;
console.log(
  `${inputs} inputs, seed ${values.seed}, ${seconds.toFixed(0)} s (${(inputs / seconds).toFixed(0)}/s), slowest ${slowest.toFixed(0)} ms, RSS ${memory.toFixed(0)} MiB, ${faults} faults`,
);
for (const [name, times] of reached) console.log(`  ${name}: ${times}`);
if (faults > 0) process.exitCode = 1;
