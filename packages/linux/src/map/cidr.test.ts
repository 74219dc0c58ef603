import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import { network4, network6 } from "./cidr.ts";
import { decodeValue, encodeValue, type Codec } from "./codec.ts";

function refusal(codec: Codec<string>, text: string): string {
  try {
    encodeValue(codec, text);
  } catch (error) {
    if (error instanceof RangeError) return error.message;
  }
  return "accepted";
}

suite("network keys", () => {
  test("lie as the kernel's trie wants them: length in machine order, address in network order", () => {
    assert.deepEqual(encodeValue(network4, "10.1.2.0/24"), Uint8Array.of(24, 0, 0, 0, 10, 1, 2, 0));
    assert.deepEqual(
      encodeValue(network6, "2001:db8::ff/32"),
      Uint8Array.of(32, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff),
    );
  });

  test("an address alone is a network of its own", () => {
    assert.equal(decodeValue(network4, encodeValue(network4, "127.0.0.1")), "127.0.0.1/32");
    assert.equal(decodeValue(network6, encodeValue(network6, "::1")), "::1/128");
  });

  test("IPv6 is written in its short form", () => {
    for (const [text, expected] of [
      ["0:0:0:0:0:0:0:0/0", "::/0"],
      ["2001:DB8:0:0:1:0:0:1/64", "2001:db8::1:0:0:1/64"],
      ["1:0:2:3:4:5:6:7/128", "1:0:2:3:4:5:6:7/128"],
      ["fe80::/10", "fe80::/10"],
      ["::ffff:1.2.3.4/96", "::ffff:102:304/96"],
      ["64:ff9b::1.2.3.4/96", "64:ff9b::102:304/96"],
      ["1:2:3:4:5:6:1.2.3.4/96", "1:2:3:4:5:6:102:304/96"],
    ] as const)
      assert.equal(decodeValue(network6, encodeValue(network6, text)), expected);
  });

  test("what was read is written back to the same bytes", () => {
    for (const [codec, bytes] of [
      [network4, 4],
      [network6, 16],
    ] as const) {
      const addresses = fc.uint8Array({ minLength: bytes, maxLength: bytes });
      fc.assert(
        fc.property(addresses, fc.integer({ min: 0, max: bytes * 8 }), (address, bits) => {
          const key = Uint8Array.of(bits, 0, 0, 0, ...address);
          assert.deepEqual(encodeValue(codec, decodeValue(codec, key)), key);
        }),
      );
    }
  });

  test("what is no network is refused", () => {
    const four = (text: string) => `Cannot write "${text}" as a network: write it like 10.0.0.0/8`;
    for (const text of [
      "10.0.0/8",
      "10.0.0.0/33",
      "10.0.0.0/",
      "10.0.0.0/8/8",
      "10.0.0.0/-1",
      "::/0",
      "",
    ])
      assert.equal(refusal(network4, text), four(text));
    for (const text of ["10.0.0.0/8", "::/129", "fe80::1%eth0/64", ":::/1"])
      assert.equal(
        refusal(network6, text),
        `Cannot write "${text}" as a network: write it like 2001:db8::/32`,
      );
  });
});
