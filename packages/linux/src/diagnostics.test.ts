import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { Diagnostic } from "@ocelli/bpf";

import { summarizeDiagnostics } from "./diagnostics.ts";

function diagnostic(offset: number, severity: Diagnostic["severity"] = "error"): Diagnostic {
  return {
    code: "btf-truncated",
    severity,
    span: { offset, length: 1 },
    message: "Cut off",
    hint: "",
  };
}

suite("summarizeDiagnostics()", () => {
  test("shows up to three in full", () => {
    assert.equal(summarizeDiagnostics([]), "");
    assert.equal(
      summarizeDiagnostics([diagnostic(0), diagnostic(1), diagnostic(2)]),
      "error[btf-truncated] at byte 0: Cut off; error[btf-truncated] at byte 1: Cut off; error[btf-truncated] at byte 2: Cut off",
    );
  });

  test("counts the rest, and shows errors before warnings", () => {
    const warning = diagnostic(9, "warning");
    assert.equal(
      summarizeDiagnostics([warning, ...Array.from({ length: 1000 }, (_, at) => diagnostic(at))]),
      "error[btf-truncated] at byte 0: Cut off; error[btf-truncated] at byte 1: Cut off; error[btf-truncated] at byte 2: Cut off; and 998 more",
    );
    assert.equal(
      summarizeDiagnostics([warning, diagnostic(1)]),
      "error[btf-truncated] at byte 1: Cut off; warning[btf-truncated] at byte 9: Cut off",
    );
  });
});
