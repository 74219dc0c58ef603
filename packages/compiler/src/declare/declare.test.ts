import assert from "node:assert/strict";
import { test } from "node:test";

import { createBtfBuilder, readBtf, type Btf, type BtfMember, type BtfType } from "@ocelli/bpf";

import { declareKernel } from "./declare.ts";

const int = (
  name: string,
  size: number,
  encoding: "signed" | "unsigned" | "char" | "bool",
): BtfType => ({ kind: "int", name, size, bits: size * 8, offsetBits: 0, encoding });

const member = (name: string, typeId: number, offset: number, bitfieldBits = 0): BtfMember => ({
  name,
  typeId,
  offsetBits: offset * 8,
  bitfieldBits,
});

/** A kernel with one tracepoint, one function and one security hook. */
function kernel(): Btf {
  const builder = createBtfBuilder();
  const types: readonly BtfType[] = [
    int("int", 4, "signed"), // 1
    int("char", 1, "char"), // 2
    int("unsigned short", 2, "unsigned"), // 3
    { kind: "typedef", name: "__be16", typeId: 3 }, // 4
    { kind: "array", typeId: 2, indexTypeId: 1, length: 16 }, // 5 char[16]
    {
      kind: "struct",
      name: "task",
      size: 64,
      members: [
        member("pid", 1, 0),
        member("comm", 5, 4),
        member("parent", 7, 24),
        member("", 8, 32),
        member("class", 11, 40),
        member("flag", 1, 48, 3),
      ],
    }, // 6
    { kind: "ptr", typeId: 6 }, // 7 task *
    {
      kind: "union",
      name: "",
      size: 8,
      members: [member("port", 4, 0), member("unused", 1, 0)],
    }, // 8
    { kind: "ptr", typeId: 2 }, // 9 char *
    { kind: "struct", name: "class", size: 8, members: [member("name", 9, 0)] }, // 10
    { kind: "ptr", typeId: 10 }, // 11
    { kind: "ptr", typeId: 0 }, // 12 void *
    {
      kind: "func_proto",
      returnTypeId: 0,
      parameters: [
        { name: "", typeId: 12 },
        { name: "next", typeId: 7 },
        { name: "", typeId: 1 },
      ],
    }, // 13
    { kind: "ptr", typeId: 13 }, // 14
    { kind: "typedef", name: "btf_trace_go", typeId: 14 }, // 15
    {
      kind: "func_proto",
      returnTypeId: 1,
      parameters: [{ name: "new", typeId: 7 }],
    }, // 16
    { kind: "func", name: "begin", typeId: 16, linkage: "static" }, // 17
    { kind: "func", name: "bpf_lsm_open", typeId: 16, linkage: "static" }, // 18
  ];
  for (const type of types) builder.add(type);
  const read = readBtf(builder.write());
  assert.ok(read.ok);
  return read.value;
}

const FORMAT = `name: go
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

\tfield:int pid;\toffset:8;\tsize:4;\tsigned:1;
\tfield:const char * name;\toffset:16;\tsize:8;\tsigned:0;
`;

const SOURCE = `import { tracepoint, tpBtf, fentry } from "@ocelli/compiler";
export const a = tpBtf("go", (next) => {
  const { pid } = next.parent;
  return next.class.name !== 0n && next.port && pid;
});
export const b = fentry("begin", (task) => task.flag);
export const c = tracepoint("test/go", (ctx) => ctx.pid);
`;

test("declareKernel() writes the hooks that sources name, and the members that they reach", () => {
  const declared = declareKernel([SOURCE], {
    kernel: kernel(),
    tracepointFormat: (name) => (name === "test/go" ? FORMAT : undefined),
  });
  assert.deepEqual(declared, {
    ok: true,
    diagnostics: [],
    value: `// Written by \`ocelli btf types\`: the hooks and the kernel types that the sources beside it name.
import type { Addr, be16, i32 } from "@ocelli/compiler";
import type { task } from "@ocelli/compiler/vmlinux";

declare module "@ocelli/compiler/hooks" {
  interface BtfTracepoints {
    go: (next: task, arg1: i32) => void;
  }
  interface KernelFunctions {
    begin: (new_: task) => i32;
  }
  interface Tracepoints {
    "test/go": { readonly pid: i32; readonly name: Addr };
  }
}

declare module "@ocelli/compiler/vmlinux" {
  export interface class_ {
    readonly name: Addr<"char">;
  }
  export interface task {
    readonly pid: i32;
    readonly parent: task;
    readonly port: be16;
    readonly class: class_;
    readonly flag: i32;
  }
}
`,
  });
});

test("declareKernel() writes every member with all, and types by name", () => {
  const declared = declareKernel([], { kernel: kernel(), types: ["class", "task"], all: true });
  assert.ok(declared.ok);
  assert.equal(
    declared.value,
    `// Written by \`ocelli btf types\`: the hooks and the kernel types that the sources beside it name.
import type { Addr, CharBuf, be16, i32 } from "@ocelli/compiler";

declare module "@ocelli/compiler/vmlinux" {
  export interface class_ {
    readonly name: Addr<"char">;
  }
  export interface task {
    readonly pid: i32;
    readonly comm: CharBuf<16>;
    readonly parent: task;
    readonly port: be16;
    readonly unused: i32;
    readonly class: class_;
    readonly flag: i32;
  }
}
`,
  );
});

test("declareKernel() says which hook the kernel does not have", () => {
  const text = 'export const a = fentry("begn", () => {});\n';
  assert.deepEqual(declareKernel([text], { kernel: kernel() }), {
    ok: false,
    diagnostics: [
      {
        code: "no-hook",
        severity: "error",
        span: { offset: 25, length: 4 },
        message:
          'Cannot declare fentry("begn"): this kernel has no such hook, or its types are not at hand',
        hint: "Check the spelling; compile as root where tracefs is, on a kernel with BTF",
      },
    ],
  });
});
