import assert from "node:assert/strict";
import { test } from "node:test";

import { cpioArchive } from "./cpio.ts";

const header = (mode: string, links: number, size: number, nameSize: number): string => {
  const hex = (value: number): string => value.toString(16).padStart(8, "0");
  const zero = hex(0);
  return `070701${zero}${mode}${zero}${zero}${hex(links)}${zero}${hex(size)}${zero.repeat(4)}${hex(nameSize)}${zero}`;
};

test("cpioArchive() writes folders once, files and links, each padded to four bytes", () => {
  const archive = Buffer.concat(
    cpioArchive([
      { kind: "file", path: "bin/tool", bytes: Buffer.from("hello"), executable: true },
      { kind: "link", path: "bin/link", target: "tool" },
    ]),
  ).toString("latin1");
  const expected = [
    `${header("000041ed", 2, 0, 4)}bin\0\0\0`,
    `${header("000081ed", 1, 5, 9)}bin/tool\0\0hello\0\0\0`,
    `${header("0000a1ff", 1, 4, 9)}bin/link\0\0tool`,
    `${header("00000000", 1, 0, 11)}TRAILER!!!\0\0\0\0`,
  ].join("");
  assert.equal(archive, expected);
});
