import assert from "node:assert/strict";
import { test } from "node:test";

import { recordMemory } from "@ocelli/linux";

import { ipText, readAddress } from "./address.ts";

function textOf(hex: string): string | undefined {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const block = new Uint8Array(256);
  block.set(bytes, 8);
  return readAddress(recordMemory(block), 8, bytes.length)?.text;
}

test("readAddress() reads every family that it knows, and nothing that is too short", () => {
  assert.deepEqual(
    [
      textOf("0200 0050 7f000001 0000000000000000"),
      textOf("0a00 1f90 00000000 00000000000000000000000000000001 00000000"),
      textOf("0a00 1f90 00000000 00000000000000000000ffff0a000001 00000000"),
      textOf("0100 2f72756e2f782e736f636b00 6162"),
      textOf("0100 00 78797a"),
      textOf("1000 0000 07000000 00000000"),
      textOf("2600 0000"),
      textOf("0200 0050"),
      textOf("02"),
    ],
    [
      "127.0.0.1:80",
      "[::1]:8080",
      "10.0.0.1:8080",
      "/run/x.sock",
      "@xyz",
      "7",
      "family 38",
      undefined,
      undefined,
    ],
  );
});

test("ipText() writes IPv6 as RFC 5952 does", () => {
  const of = (hex: string): string => ipText(Uint8Array.from(Buffer.from(hex, "hex")));
  assert.deepEqual(
    [
      of("20010db8000000000000000000000001"),
      of("20010db8000100010001000100010001"),
      of("20010db8000000010000000000000001"),
      of("00000000000000000000000000000000"),
      of("fe800000000000000000000000000000"),
    ],
    ["2001:db8::1", "2001:db8:1:1:1:1:1:1", "2001:db8:0:1::1", "::", "fe80::"],
  );
});
