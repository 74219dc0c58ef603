import assert from "node:assert/strict";
import { test } from "node:test";

import { compile } from "./compile.ts";

const HEAD = `import { syscall, struct, char, u32, u64, scratch, ringBuf, slice, userPtr, range, readUser, readUserAs, readUserStr } from "@ocelli/compiler";
const Room = struct("room", { used: u32, data: char(64) });
const room = scratch(Room);
const ring = ringBuf(Room);
`;

function messages(body: string): readonly string[] {
  return compile(
    `${HEAD}export const p = syscall((ctx) => {\n${body}\nreturn 0;\n});\n`,
  ).diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

test("compile() takes slices, reads of user space and outputs, also in loops", () => {
  assert.deepEqual(
    messages(`
      const own = room.get();
      if (!own) return 1;
      let used: u32 = 0;
      for (const index of range(4)) {
        const at = readUserAs(u64, userPtr(ctx.args[0] + u64(index) * 8n));
        const read = readUserStr(slice(own.data, used, 16), userPtr(at));
        if (read < 0) break;
        used += u32(read);
      }
      own.used = used;
      readUser(slice(own.data, 0, 32), userPtr(ctx.args[1]), u32(ctx.args[2]));
      if (!ring.output(own, used + 4)) return 2;`),
    [],
  );
});

test("compile() refuses slices that no buffer has, and addresses that are none", () => {
  assert.deepEqual(
    messages(`
      const own = room.get();
      if (!own) return 1;
      readUser(slice(own.data, 0, 65), userPtr(ctx.args[0]));
      readUser(slice(own.data, 0, own.used), userPtr(ctx.args[0]));
      readUser(own.data, ctx.args[0]);
      readUser(own.used, userPtr(ctx.args[0]));
      readUserAs(Room, userPtr(ctx.args[0]));
      ring.output(own.used, 4);`),
    [
      "no-buffer: Cannot take a slice of 65 bytes here: this is no buffer that long",
      "constant-length: Cannot take a slice of this length: it must be a constant of 1 or more",
      "no-pointer: Cannot copy bytes from here: this is no address in user space",
      "no-buffer: Cannot copy bytes here: this is no buffer",
      "no-number: Cannot read this from user space: it is no integer's schema",
      "no-record: Cannot write this into a ring: it is no record in memory",
    ],
  );
});
