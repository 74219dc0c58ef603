import assert from "node:assert/strict";
import { test } from "node:test";

import { Screen, type ScreenStream } from "./screen.ts";

function recorder(tty: boolean): { stream: ScreenStream; text: () => string } {
  let text = "";
  const write = (chunk: string | Uint8Array): boolean => {
    text += String(chunk);
    return true;
  };
  return { stream: { write, isTTY: tty, columns: 6, rows: 2 }, text: () => text };
}

test("Screen appends whole frames where the stream is no terminal", () => {
  const { stream, text } = recorder(false);
  {
    using screen = new Screen(stream);
    screen.show(["a", "b"]);
    screen.show(["a", "c"]);
  }
  assert.equal(text(), "a\nb\n\na\nc\n\n");
});

test("Screen sends only the lines that changed, cut to the terminal, and restores it", () => {
  const { stream, text } = recorder(true);
  {
    using screen = new Screen(stream);
    screen.show(["first", "longer than six", "below the edge"]);
    screen.show(["first", "new"]);
  }
  assert.equal(
    text(),
    "\u001b[?1049h\u001b[?25l" +
      "\u001b[1;1Hfirst\u001b[K\u001b[2;1Hlonger\u001b[K" +
      "\u001b[2;1Hnew\u001b[K" +
      "\u001b[?25h\u001b[?1049lfirst\nnew\n",
  );
});
