import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryProvider, type MemoryEvent } from "@ocelli/event";

import { eventTypesOf } from "../check/event-types.ts";
import { parseFilter } from "../filter/parse-filter.ts";
import { createMatcher, type MatchRule } from "./matcher.ts";

const provider = createMemoryProvider(["openat", "execve", "connect"]);

function rule(text: string): MatchRule {
  const parsed = parseFilter(text);
  assert.ok(parsed.ok, text);
  return { condition: parsed.value, eventTypes: eventTypesOf(parsed.value) };
}

function event(type: number, fields: MemoryEvent["fields"]): MemoryEvent {
  return { type, source: "syscall", number: 1, timeNs: 1n, fields };
}

/** The conditions that hold for an event, in both modes, which must agree. */
function holding(conditions: readonly string[], one: MemoryEvent): string[] {
  const rules = conditions.map(rule);
  const [generated, closures] = (["generated", "closures"] as const).map((mode) => {
    const matcher = createMatcher(rules, provider, { matching: "all", mode });
    const twice = [matcher.match(one), matcher.match(one)];
    assert.equal(twice[0], twice[1]);
    return matcher.hits.slice(0, twice[0]).map((index) => conditions[index] ?? "");
  });
  assert.deepEqual(generated, closures);
  return generated ?? [];
}

function check(
  type: number,
  fields: MemoryEvent["fields"],
  conditions: Record<string, boolean>,
): void {
  const texts = Object.keys(conditions);
  const expected = texts.filter((text) => conditions[text]);
  assert.deepEqual(holding(texts, event(type, fields)), expected);
}

test("match() compares texts", () => {
  check(
    1,
    { "proc.name": "bash", "proc.cmdline": "bash -c ÄB", "fd.name": "/etc/shadow" },
    {
      "proc.name = bash": true,
      "proc.name == sh": false,
      "proc.name != sh": true,
      "proc.name < 5": false,
      "proc.name >= 5": true,
      "proc.name > val(proc.cmdline)": false,
      "proc.cmdline >= val(proc.name)": true,
      "proc.cmdline contains -c": true,
      "proc.cmdline icontains BASH": true,
      "proc.cmdline icontains äb": false,
      "proc.name startswith ba": true,
      "proc.name endswith sh": true,
      "proc.name glob b?s*": true,
      "proc.name iglob B[A-C]SH": true,
      "proc.name glob a*": false,
      'proc.name regex "b(a|b)+sh"': true,
      "proc.name regex ba": false,
      "proc.name in (sh, bash, zsh, ksh, csh)": true,
      "proc.name in (sh)": false,
      "proc.name intersects (bash, sh)": true,
      "fd.name pmatch (/etc, /var)": true,
      "fd.name pmatch (/etc/sha)": false,
      "fd.name pmatch (/e*/shadow)": true,
      "proc.name exists": true,
      "proc.name startswith oneof (b, ba)": false,
      "proc.name startswith anyof (x, ba)": true,
      "proc.name contains allof (a, s)": true,
      "proc.name = anyof (a, bash)": true,
      "proc.name != allof (a, b)": true,
    },
  );
});

test("match() finds every comparison of a missing value false, also !=", () => {
  check(
    1,
    {},
    {
      "proc.name != sh": false,
      "not proc.name = sh": true,
      "proc.name exists": false,
      "proc.pid < 5": false,
      "proc.pid != 5": false,
      "fd.cip != 1.2.3.4": false,
      "evt.buffer contains x": false,
      "not (proc.name != sh or proc.name = sh)": true,
    },
  );
});

test("match() compares numbers as Falco reads them", () => {
  check(
    1,
    {
      "proc.pid": 5,
      "user.uid": 4294967295,
      "evt.rawres": -2,
      "proc.fdusage": 0.5,
      "proc.vmsize": 18446744073709551615n,
      "fd.sport": 443,
    },
    {
      "proc.pid = 5": true,
      "proc.pid = +5": true,
      "proc.pid > 4": true,
      "proc.pid <= 4": false,
      "proc.pid in (1, 5)": true,
      "user.uid = -1": true,
      "evt.rawres < 0": true,
      "proc.fdusage < 1": true,
      "proc.vmsize = 18446744073709551615": true,
      "proc.vmsize = 99999999999999999999999": true,
      "proc.vmsize > 5": true,
      "fd.sport = https": true,
      "fd.sport in (http, https)": true,
    },
  );
});

test("match() compares addresses and networks of both families", () => {
  const v4 = Uint8Array.of(10, 1, 2, 3);
  const v6 = Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, ...Array.from({ length: 11 }, () => 0), 1]);
  check(
    2,
    { "fd.cip": v4, "fd.sip": v6, "fd.cnet": v4, "fd.snet": v6 },
    {
      "fd.cip = 10.1.2.3": true,
      "fd.cip != 10.1.2.3": false,
      "fd.cip != ::1": true,
      "fd.cip in (10.0.0.1, 10.1.2.3)": true,
      'fd.sip = "2001:db8::1"': true,
      'fd.sip in ("2001:db8::2")': false,
      'fd.cnet = "10.0.0.0/8"': true,
      'fd.cnet in ("192.168.0.0/16", "10.1.0.0/23")': false,
      'fd.cnet in ("192.168.0.0/16", "10.1.2.0/23")': true,
      'fd.snet = "2001:db0::/28"': true,
      'fd.snet != "2001:db0::/28"': false,
      'fd.snet != "10.0.0.0/8"': true,
      "fd.cip = val(fd.sip)": false,
    },
  );
});

test("match() looks at both ends of a socket and at all ancestors", () => {
  check(
    2,
    {
      "fd.ip": [Uint8Array.of(127, 0, 0, 1), Uint8Array.of(10, 0, 0, 1)],
      "fd.port": [80, 5000],
      "fd.net": [Uint8Array.of(127, 0, 0, 1), Uint8Array.of(10, 0, 0, 1)],
      "proc.aname": ["bash", "sshd"],
      "proc.apid": [5, 1],
    },
    {
      "fd.ip = 10.0.0.1": true,
      "fd.ip != 10.0.0.1": false,
      "fd.ip != 10.0.0.2": true,
      "fd.ip in (10.0.0.1)": false,
      "fd.ip exists": true,
      "fd.port in (80, 443)": true,
      "fd.port > 4000": true,
      "fd.port != 80": false,
      'fd.net in ("10.0.0.0/8")': true,
      'fd.net in ("1.0.0.0/8", "10.0.0.0/8")': false,
      "proc.aname = sshd": true,
      "proc.aname != sshd": true,
      "proc.aname in (zsh, bash)": true,
      "proc.aname = anyof (zsh, bash)": false,
      "proc.apid = 1": true,
      "proc.apid in (1)": false,
      "proc.aexe exists": false,
    },
  );
});

test("match() compares bytes, booleans and lists", () => {
  check(
    0,
    {
      "evt.buffer": new TextEncoder().encode("GET / HTTP"),
      "evt.is_open_read": true,
      "fd.types": ["file", "ipv4"],
    },
    {
      "evt.buffer contains HTTP": true,
      "evt.buffer startswith GET": true,
      "evt.buffer endswith GET": false,
      "evt.buffer bcontains 474554": true,
      "evt.buffer bstartswith 202f": false,
      "evt.is_open_read = true": true,
      "evt.is_open_read != true": false,
      "evt.is_open_read in (true, false)": true,
      "fd.types in (file, ipv4, ipv6)": true,
      "fd.types in (file)": false,
      "fd.types intersects (file)": true,
      "len(fd.types) = 2": true,
    },
  );
});

test("match() applies transformers and compares fields with fields", () => {
  check(
    1,
    {
      "proc.name": "BaSh",
      "proc.pname": "bash",
      "proc.exepath": "/usr/bin/bäsh",
      "proc.cmdline": "aGVsbG8",
      "proc.pid": 7,
      "proc.vpid": 7,
      "proc.args": "x",
    },
    {
      "tolower(proc.name) = bash": true,
      "toupper(proc.name) in (BASH)": true,
      "tolower(proc.name) = val(proc.pname)": true,
      "proc.pname = tolower(proc.name)": true,
      "proc.pname in tolower(proc.name)": false,
      "proc.pname in val(proc.pname)": true,
      "basename(proc.exepath) endswith sh": true,
      "len(proc.exepath) = 14": true,
      "b64(proc.cmdline) = hello": true,
      "b64(proc.exepath) exists": false,
      'concat(proc.name, "-", proc.pname) = "BaSh-bash"': true,
      'join("/", (proc.name, proc.pname)) = "BaSh/bash"': true,
      "proc.pid = val(proc.vpid)": true,
      "proc.pid < val(proc.vpid)": false,
      "proc.exepath startswith val(proc.cwd)": false,
      'getopt((proc.args, "-n", "5"), "n:")[n] = 5': false,
      'getopt(("-xn5", "--long", proc.args), "xn:")[n] = 5': true,
      'getopt(("-xq", proc.args), "x") intersects ("?")': true,
    },
  );
});

test("match() asks only the rules of an event's kind, and stops at the first when told to", () => {
  const rules = [
    "evt.type = execve and proc.name = a",
    "evt.type in (openat, execve) and evt.dir = <",
    "not evt.type = openat",
    "evt.type != connect and proc.pid > 5",
  ].map(rule);
  const all = createMatcher(rules, provider, { matching: "all" });
  assert.deepEqual(
    [0, 1, 2].map((type) => all.rulesOfType(type)),
    [[3], [0, 1, 2, 3], [2]],
  );
  const sample = event(1, { "proc.name": "a", "proc.pid": 9 });
  assert.equal(all.match(sample), 4);
  for (const mode of ["generated", "closures"] as const) {
    const first = createMatcher(rules, provider, { mode });
    assert.deepEqual([first.match(sample), first.hits[0]], [1, 0]);
  }
});

test("match() knows events around a time", () => {
  const at = { ...event(1, {}), timeNs: 1_000_000_000n };
  assert.deepEqual(
    holding(
      [
        "evt.around[1005000000] = 5",
        "evt.around[1005000000] = 4",
        "evt.around[995000000] = 5",
        "evt.around[5] exists",
      ],
      at,
    ),
    ["evt.around[1005000000] = 5", "evt.around[995000000] = 5"],
  );
});

test("match() reads a field once for an event, however many rules look at it", () => {
  let reads = 0;
  const counting = {
    ...provider,
    resolve: (name: string, argument: string | undefined) => {
      const access = provider.resolve(name, argument);
      return access && { ...access, read: (one: MemoryEvent) => (reads++, access.read(one)) };
    },
  };
  const rules = ["proc.name = a", "proc.name = b or proc.name startswith c", "proc.name in (d, e)"];
  const matcher = createMatcher(rules.map(rule), counting, { matching: "all", mode: "generated" });
  matcher.match(event(1, { "proc.name": "e" }));
  assert.equal(reads, 1);
  assert.equal(matcher.match(event(1, { "proc.name": "cb" })), 1);
  assert.equal(reads, 2);
});
