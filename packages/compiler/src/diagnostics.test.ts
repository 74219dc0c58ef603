import assert from "node:assert/strict";
import { test } from "node:test";

import { compile } from "./compile.ts";
import { formatSourceDiagnostic } from "./parse/format.ts";

const HEADER =
  'import { array, arrayMap, be32, cgroupSkb, char, comm, config, fentry, global, globalFunction, hashMap, idiv, loop, ntohl, pid, printk, profile, range, readKernelStr, readUserStr, ringBuf, scratch, staticFunction, struct, syscall, tracepoint, i32, u8, u16, u32, u64, userPtr, xdp, Xdp } from "@ocelli/compiler";\n';

const CASES: readonly { readonly name: string; readonly source: string; readonly said: string }[] =
  [
    {
      name: "a loop without a bound",
      source:
        "export const p = syscall((ctx) => {\n  const n = u32(ctx.args[0]);\n  let sum = 0;\n  for (let i = 0; i < n; i++) sum += i;\n  return sum;\n});\n",
      said: "p.ts:5:19: error[unbounded-loop]: Cannot compile this loop: nothing shows that it ends\n  5 |   for (let i = 0; i < n; i++) sum += i;\n    |                   ^^^^^\n  Compare a counter that grows on every way with a constant, e.g. i < n && i < 64, or use for (const i of range(n, { max: 64 }))",
    },
    {
      name: "a range without a bound",
      source:
        "export const p = syscall((ctx) => {\n  let sum = 0;\n  for (const i of range(u32(ctx.args[0]))) sum += i;\n  return sum;\n});\n",
      said: "p.ts:4:25: error[unbounded-loop]: Cannot compile this loop: nothing shows how often it runs at most\n  4 |   for (const i of range(u32(ctx.args[0]))) sum += i;\n    |                         ^^^^^^^^^^^^^^^^\n  Give a bound: range(n, { max: 64 })",
    },
    {
      name: "a reference that was not checked",
      source:
        "const m = hashMap({ key: u32, value: u64, maxEntries: 16 });\nexport const p = syscall(() => {\n  const v = m.lookup(1);\n  v.value += 1n;\n  return 0;\n});\n",
      said: "p.ts:5:3: error[unchecked]: Cannot use this Ref<u64>: it may be undefined here\n  5 |   v.value += 1n;\n    |   ^^^^^^^\n  Check it first: if (!value) return …",
    },
    {
      name: "a bare division",
      source: "export const p = syscall((ctx) => u32(ctx.args[0]) / 2);\n",
      said: "p.ts:2:35: error[fraction]: Cannot divide numbers with a bare /: in JavaScript the result may have a fraction\n  2 | export const p = syscall((ctx) => u32(ctx.args[0]) / 2);\n    |                                   ^^^^^^^^^^^^^^^^^^^^\n  Write Math.trunc(a / b) or idiv(a, b)",
    },
    {
      name: "a signed shift of u32",
      source: "export const p = syscall((ctx) => u32(ctx.args[0]) >> 2);\n",
      said: "p.ts:2:35: error[shift-sign]: Cannot use >> on u32: in JavaScript it shifts a signed number\n  2 | export const p = syscall((ctx) => u32(ctx.args[0]) >> 2);\n    |                                   ^^^^^^^^^^^^^^^^^^^^^\n  Use >>>",
    },
    {
      name: "a shift by too much",
      source: "export const p = syscall((ctx) => u32(ctx.args[0]) << 32);\n",
      said: "p.ts:2:35: error[shift-count]: Cannot shift by 32: the value has 32 bits\n  2 | export const p = syscall((ctx) => u32(ctx.args[0]) << 32);\n    |                                   ^^^^^^^^^^^^^^^^^^^^^^\n  Shift by 0 to 31",
    },
    {
      name: "narrowing",
      source:
        "export const p = syscall((ctx) => {\n  const low: u8 = u32(ctx.args[0]);\n  return low;\n});\n",
      said: "p.ts:3:9: error[narrowing]: Cannot use u32 as u8: it may not fit\n  3 |   const low: u8 = u32(ctx.args[0]);\n    |         ^^^^^^^^^^^^^^^^^^^^^^^^^^\n  Cut it on purpose: u8(…)",
    },
    {
      name: "number with bigint",
      source: "export const p = syscall((ctx) => u32(ctx.args[0] + u32(1)));\n",
      said: "p.ts:2:39: error[mixed-types]: Cannot compute u64 + u32: number and bigint do not mix\n  2 | export const p = syscall((ctx) => u32(ctx.args[0] + u32(1)));\n    |                                       ^^^^^^^^^^^^^^^^^^^^\n  Convert one, e.g. u64(…)",
    },
    {
      name: "signed with unsigned",
      source: "export const p = syscall((ctx) => u32(ctx.args[0]) + i32(ctx.args[1]));\n",
      said: "p.ts:2:35: error[mixed-types]: Cannot compute u32 + i32: one is signed and the other is not\n  2 | export const p = syscall((ctx) => u32(ctx.args[0]) + i32(ctx.args[1]));\n    |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  Convert one: u32(…) or i32(…)",
    },
    {
      name: "a literal that does not fit",
      source: "export const p = syscall(() => {\n  const low: u8 = 256;\n  return low;\n});\n",
      said: "p.ts:3:9: error[literal-range]: Cannot use 256 as u8: it holds 0 to 255\n  3 |   const low: u8 = 256;\n    |         ^^^^^^^^^^^^^\n  Use a number in that range, or a wider type",
    },
    {
      name: "a missing name",
      source: "export const p = syscall(() => nothing);\n",
      said: 'p.ts:2:32: error[unknown-name]: Cannot find "nothing": nothing of that name is declared here\n  2 | export const p = syscall(() => nothing);\n    |                                ^^^^^^^\n  Declare it, or import it from @ocelli/compiler',
    },
    {
      name: "recursion",
      source:
        "function down(n: u32): u32 {\n  return n === 0 ? 0 : down(n - 1);\n}\nexport const p = syscall((ctx) => down(u32(ctx.args[0])));\n",
      said: 'p.ts:3:24: error[recursion]: Cannot call "down" here: it calls itself, or calls are nested more than 32 deep\n  3 |   return n === 0 ? 0 : down(n - 1);\n    |                        ^^^^^^^^^^^\n  Use a loop',
    },
    {
      name: "a throw",
      source: "export const p = syscall(() => {\n  throw 1;\n});\n",
      said: 'p.ts:2:26: error[no-result]: Cannot compile program "p": it returns nothing\n  2 | export const p = syscall(() => {\n    |                          ^\n  Return a verdict on every way\np.ts:3:3: error[unsupported-syntax]: Cannot compile throw: kernel programs have no such thing\n  3 |   throw 1;\n    |   ^^^^^^^^\n  Return a value that says what happened',
    },
    {
      name: "an object that lies nowhere",
      source: "export const p = syscall(() => {\n  const o = { a: 1 };\n  return 0;\n});\n",
      said: "p.ts:3:13: error[no-heap]: Cannot make an object here: nothing says how it lies in memory\n  3 |   const o = { a: 1 };\n    |             ^^^^^^^^\n  Use an object as a key or a value of a map, or assign its members",
    },
    {
      name: "a write into a packet",
      source:
        'const header = struct("header", { a: u8 });\nexport const p = cgroupSkb("egress", (ctx) => {\n  const h = ctx.packet().read(header);\n  if (h) h.a = 1;\n  return true;\n});\n',
      said: "p.ts:5:10: error[read-only]: Cannot write into a packet: programs of this kind only read packets\n  5 |   if (h) h.a = 1;\n    |          ^^^\n  Copy the value into a variable",
    },
    {
      name: "a verdict that the kernel does not take",
      source: 'export const p = cgroupSkb("egress", () => 2);\n',
      said: 'p.ts:2:38: error[result-range]: Cannot return 2: the kernel takes 0 to 1 from this kind of program\n  2 | export const p = cgroupSkb("egress", () => 2);\n    |                                      ^\n  Return one of the verdicts',
    },
    {
      name: "a write to a member that is only read",
      source:
        "export const p = xdp((ctx) => {\n  ctx.ingress_ifindex = 1;\n  return Xdp.PASS;\n});\n",
      said: "p.ts:3:3: error[read-only]: Cannot write into this member of the context: the kernel lets programs read it only\n  3 |   ctx.ingress_ifindex = 1;\n    |   ^^^^^^^^^^^^^^^^^^^\n  Copy the value into a variable",
    },
    {
      name: "an argument of the context that a variable chooses",
      source: "export const p = syscall((ctx) => u32(ctx.args[u32(ctx.args[0])]));\n",
      said: "p.ts:2:39: error[constant-index]: Cannot choose an element by a variable: the context is read at fixed places\n  2 | export const p = syscall((ctx) => u32(ctx.args[u32(ctx.args[0])]));\n    |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^\n  Write a number",
    },
    {
      name: "a packet that a call has moved",
      source:
        'const header = struct("header", { a: u8 });\nexport const p = xdp((ctx) => {\n  const h = ctx.packet().read(header);\n  if (!h || !ctx.adjustHead(4)) return Xdp.PASS;\n  h.a = 1;\n  return Xdp.PASS;\n});\n',
      said: "p.ts:6:3: error[moved-packet]: Cannot use what was read of the packet here: a call before may have moved the packet\n  6 |   h.a = 1;\n    |   ^^^^^^^\n  Open it again behind the call: ctx.packet()",
    },
    {
      name: "an address of the wrong space",
      source:
        'const room = scratch(struct("room", { text: char(8) }));\nexport const p = syscall((ctx) => {\n  const r = room.get();\n  if (!r) return 1;\n  return readKernelStr(r.text, userPtr(ctx.args[0]));\n});\n',
      said: "p.ts:6:32: error[no-pointer]: Cannot read from UserPtr: this is no address in the kernel\n  6 |   return readKernelStr(r.text, userPtr(ctx.args[0]));\n    |                                ^^^^^^^^^^^^^^^^^^^^\n  Name a pointer or a member of a kernel struct",
    },
    {
      name: "the value behind ?. without another",
      source:
        "const m = hashMap({ key: u32, value: u64, maxEntries: 16 });\nexport const p = syscall(() => {\n  const v = u32(m.lookup(1)?.value);\n  return v;\n});\n",
      said: "p.ts:4:13: error[optional-value]: Cannot use the value behind ?.: where there is none it has no width\n  4 |   const v = u32(m.lookup(1)?.value);\n    |             ^^^^^^^^^^^^^^^^^^^^^^^\n  Say what it is then: value ?? 0, or check with if first",
    },
    {
      name: "a return out of a loop that the kernel counts",
      source:
        "export const p = syscall(() => {\n  for (const i of loop(9)) return i;\n  return 0;\n});\n",
      said: "p.ts:3:28: error[return-in-callback]: Cannot return here: the kernel calls the body of this loop as a function of its own\n  3 |   for (const i of loop(9)) return i;\n    |                            ^^^^^^^^^\n  Use break, and a variable that says what was found",
    },
    {
      name: "a function that calls itself",
      source:
        "const down = staticFunction((n: u32): u32 => down(n));\nexport const p = syscall(() => down(1));\n",
      said: 'p.ts:2:46: error[recursion]: Cannot call "down" here: it calls itself\n  2 | const down = staticFunction((n: u32): u32 => down(n));\n    |                                              ^^^^^^^\n  Use a loop',
    },
    {
      name: "a global function whose arguments have no types",
      source: "const f = globalFunction((n) => n);\nexport const p = syscall(() => f(1));\n",
      said: 'p.ts:3:34: error[argument-type]: Cannot call "f" with 1: a global function takes numbers whose types are written down\n  3 | export const p = syscall(() => f(1));\n    |                                  ^\n  Write (value: u32) => …, or use staticFunction()',
    },
    {
      name: "a loop whose counter does not grow on every way",
      source:
        "export const p = syscall((ctx) => {\n  let i = 0;\n  while (i < 64) {\n    if (ctx.args[0] === 5n) continue;\n    i++;\n  }\n  return i;\n});\n",
      said: "p.ts:4:10: error[unbounded-loop]: Cannot compile this loop: nothing shows that it ends\n  4 |   while (i < 64) {\n    |          ^^^^^^\n  Compare a counter that grows on every way with a constant, e.g. i < n && i < 64, or use for (const i of range(n, { max: 64 }))",
    },
    {
      name: "a loop that is too long for the verifier",
      source:
        "export const p = syscall(() => {\n  let sum = 0;\n  for (let i = 0; i < 1000; i++) for (let j = 0; j < 1000; j++) sum += i ^ j;\n  return sum;\n});\n",
      said: "p.ts:4:19: error[long-loop]: Cannot compile this loop: the verifier would work through 6016010 instructions, and stops at a million\n  4 |   for (let i = 0; i < 1000; i++) for (let j = 0; j < 1000; j++) sum += i ^ j;\n    |                   ^^^^^^^^\n  Let the kernel count: for (const i of loop(n)), or make fewer rounds",
    },
    {
      name: "an index that may lie behind the end",
      source:
        'const m = arrayMap({ value: struct("s", { a: array(u8, 12) }), maxEntries: 1 });\nexport const p = syscall((ctx) => {\n  const s = m.lookup(0);\n  const i = u32(ctx.args[0]);\n  if (!s) return 0;\n  if (i < 12) return s.a[i];\n  return s.a[i & 7] + s.a[i];\n});\n',
      said: "p.ts:8:23: error[index-range]: Cannot prove that this index is inside: there are 12 elements\n  8 |   return s.a[i & 7] + s.a[i];\n    |                       ^^^^^^\n  Check it first, e.g. if (i < 12) …, or cut it: i & 7",
    },
    {
      name: "a kernel function without types",
      source: 'export const p = fentry("tcp_connect", (sk) => {\n  sk.x;\n});\n',
      said: 'p.ts:2:40: error[no-kernel-types]: Cannot type the arguments of function "tcp_connect": no kernel BTF was given\n  2 | export const p = fentry("tcp_connect", (sk) => {\n    |                                        ^^^^^^^^^\n  Compile where /sys/kernel/btf/vmlinux is, or name a BTF file',
    },
    {
      name: "an unknown tracepoint",
      source: 'export const p = tracepoint("no/such", (ctx) => {\n  ctx.a;\n});\n',
      said: 'p.ts:2:40: error[no-tracepoint]: Cannot type the context of tracepoint "no/such": its format is not known\n  2 | export const p = tracepoint("no/such", (ctx) => {\n    |                                        ^\n  Check the spelling, and compile as root where tracefs is\np.ts:3:3: error[no-context-member]: Cannot read ".a" of the context: it has no members\n  3 |   ctx.a;\n    |   ^^^^^\n  Name one of these',
    },
    {
      name: "a string",
      source: 'export const p = syscall(() => {\n  const s = "text";\n  return 0;\n});\n',
      said: 'p.ts:3:13: error[string]: Cannot use a string here: kernel programs have buffers\n  3 |   const s = "text";\n    |             ^^^^^^\n  Strings are arguments of printk() only',
    },
    {
      name: "a module variable",
      source: "let counter = 0;\nexport const p = syscall(() => 0);\n",
      said: "p.ts:2:1: error[unsupported-syntax]: Cannot compile a module variable with let: kernel programs have no such thing\n  2 | let counter = 0;\n    | ^^^^^^^^^^^^^^^^\n  Use const; a variable that programs change is global(schema, initial)",
    },
    {
      name: "a broken module",
      source: "export const p = syscall(() => ;\n",
      said: "p.ts:2:32: error[syntax]: Cannot read the module: unexpected token\n  2 | export const p = syscall(() => ;\n    |                                ^\n  Mend the syntax",
    },
    {
      name: "too much stack",
      source:
        'const big = struct("big", { text: char(600) });\nconst m = hashMap({ key: big, value: u64, maxEntries: 1 });\nexport const p = syscall((ctx) => {\n  m.set({}, 0n);\n  return 0;\n});\n',
      said: 'p.ts:4:26: error[stack-size]: Cannot compile program "p": it needs 608 bytes of stack, and the machine has 512\n  4 | export const p = syscall((ctx) => {\n    |                          ^^^^^^^^^^\n  Put large values into scratch(schema)',
    },
  ];

for (const { name, source, said } of CASES) {
  test(`compile() says what is wrong with ${name}, why, and what to do`, () => {
    const text = HEADER + source;
    const { ok, diagnostics } = compile(text);
    assert.equal(ok, false);
    assert.equal(
      diagnostics.map((one) => formatSourceDiagnostic("p.ts", text, one)).join("\n"),
      said,
    );
  });
}
