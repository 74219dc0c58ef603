import assert from "node:assert/strict";

import { kernelTest } from "@ocelli/testkit";

import { openKernel } from "../port/koffi.ts";
import { loadProgram } from "./load.ts";
import { VerifierError } from "./verifier-error.ts";

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex");

kernelTest("loadProgram() loads a socket filter that returns 0", {}, () => {
  using program = loadProgram(openKernel(), {
    type: "socket_filter",
    bytes: bytes("b700000000000000 9500000000000000"),
    name: "zero",
    license: "GPL",
  });
  assert.deepEqual(
    [program.name, program.type, program.fd.value > 2],
    ["zero", "socket_filter", true],
  );
});

kernelTest("loadProgram() keeps the whole log of a refusal", {}, () => {
  assert.throws(
    () =>
      loadProgram(openKernel(), {
        type: "socket_filter",
        bytes: bytes("9500000000000000"),
        name: "bare",
        license: "GPL",
      }),
    (error) => {
      assert.ok(error instanceof VerifierError);
      assert.equal(error.code, "rejected");
      assert.ok(error.log.includes("R0 !read_ok"));
      return true;
    },
  );
});
