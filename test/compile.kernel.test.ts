// Matrix: the newest kernel: what the command line compiles and prints.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { kernelTest } from "@ocelli/testkit";

import { ocelli } from "./support/cli.ts";

const SOURCE = join(import.meta.dirname, "../packages/compiler/fixtures/drop-port.bpf.ts");

kernelTest(
  "ocelli bpf compile writes an object that ocelli bpf run runs",
  { needs: ["xdp"] },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "ocelli-compile-"));
    try {
      const out = join(folder, "drop.o");
      const compiled = ocelli(["bpf", "compile", SOURCE, "-o", out, "--json"]);
      assert.equal(compiled.stderr, "");
      const report = JSON.parse(compiled.stdout) as { programs: object[]; diagnostics: object[] };
      assert.deepEqual(report.programs, [{ name: "dropPort", instructions: 57, stack_bytes: 16 }]);
      assert.deepEqual(report.diagnostics, []);
      assert.ok(readFileSync(out).length > 0);
      const packet = `${"00".repeat(12)}0800${"00".repeat(40)}`;
      const ran = ocelli(["bpf", "run", out, "--program", "dropPort", "--data", packet, "--json"]);
      assert.equal(ran.stderr, "");
      assert.equal((JSON.parse(ran.stdout) as { retval: number }).retval, 2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

kernelTest("ocelli bpf check shows what is wrong at its line and exits with 1", {}, () => {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-check-"));
  try {
    const path = join(folder, "p.bpf.ts");
    writeFileSync(
      path,
      'import { syscall, u32 } from "@ocelli/compiler";\nexport const p = syscall((c) => u32(c.args[0]) / 2);\n',
    );
    const { status, stdout, stderr } = ocelli(["bpf", "check", path]);
    assert.deepEqual(
      { status, stdout, stderr },
      {
        status: 1,
        stdout: `${path}:2:33: error[fraction]: Cannot divide numbers with a bare /: in JavaScript the result may have a fraction
  2 | export const p = syscall((c) => u32(c.args[0]) / 2);
    |                                 ^^^^^^^^^^^^^^^^^^
  Write Math.trunc(a / b) or idiv(a, b)
`,
        stderr: "",
      },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

kernelTest("ocelli btf types declares what a program names, from the running kernel", {}, () => {
  const source = join(import.meta.dirname, "../packages/compiler/fixtures/tcpconnect.bpf.ts");
  const { status, stdout, stderr } = ocelli(["btf", "types", source]);
  assert.deepEqual(
    { status, stdout, stderr },
    {
      status: 0,
      stdout: `// Written by \`ocelli btf types\`: the hooks and the kernel types that the sources beside it name.
import type { i32, u16 } from "@ocelli/compiler";
import type { sock } from "@ocelli/compiler/vmlinux";

declare module "@ocelli/compiler/hooks" {
  interface KernelFunctions {
    tcp_connect: (sk: sock) => i32;
  }
}

declare module "@ocelli/compiler/vmlinux" {
  export interface sock {
    readonly __sk_common: sock_common;
  }
  export interface sock_common {
    readonly skc_family: u16;
  }
}
`,
      stderr: "",
    },
  );
});

kernelTest(
  "ocelli bpf run and attach take kernel programs in TypeScript as they are",
  { needs: ["xdp"] },
  () => {
    const packet = `${"00".repeat(12)}0800${"00".repeat(40)}`;
    const ran = ocelli(["bpf", "run", SOURCE, "--program", "dropPort", "--data", packet, "--json"]);
    assert.equal(ran.stderr, "");
    assert.equal((JSON.parse(ran.stdout) as { retval: number }).retval, 2);
    const profile = join(import.meta.dirname, "../packages/compiler/fixtures/profile.bpf.ts");
    const attached = ocelli(["bpf", "attach", profile, "--for", "0.3", "--json"]);
    assert.equal(attached.stderr, "");
    const lines = attached.stdout.trim().split("\n");
    const first = JSON.parse(lines[0] ?? "") as { kind: string; program: string };
    assert.deepEqual([first.kind, first.program], ["attached", "sample"]);
  },
);

kernelTest("ocelli bpf run shows what the compiler refuses, at its line", {}, () => {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-run-"));
  try {
    const path = join(folder, "p.bpf.ts");
    writeFileSync(
      path,
      'import { xdp } from "@ocelli/compiler";\nexport const p = xdp((ctx) => ctx.nothing);\n',
    );
    const { status, stdout, stderr } = ocelli(["bpf", "run", path, "--program", "p"]);
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /p\.bpf\.ts:2:\d+: error\[no-context-member\]: Cannot read "\.nothing"/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

kernelTest("ocelli bpf compile --emit dts writes what ocelli btf types writes", {}, () => {
  const source = join(import.meta.dirname, "../packages/compiler/fixtures/tcpconnect.bpf.ts");
  const { status, stdout } = ocelli(["bpf", "compile", source, "--emit", "dts"]);
  assert.equal(status, 0);
  assert.equal(stdout, ocelli(["btf", "types", source]).stdout);
});
