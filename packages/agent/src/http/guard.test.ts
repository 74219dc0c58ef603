import assert from "node:assert/strict";
import { test } from "node:test";

import { refusalOf } from "./guard.ts";

test("refusalOf() takes the page's own requests and those of tools, and no others", () => {
  const of = (headers: Record<string, string>, method = "GET"): string =>
    refusalOf({ headers, method }, 7373) ?? "taken";
  const host = "127.0.0.1:7373";
  assert.deepEqual(
    [
      of({ host }),
      of({
        host: "localhost:7373",
        origin: "http://localhost:7373",
        "sec-fetch-site": "same-origin",
      }),
      of({ host: "[::1]:7373" }),
      of({
        host,
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
      }),
      of({ host: "evil.example:7373" }),
      of({ host: "127.0.0.1:80" }),
      of({ host, origin: "http://evil.example" }),
      of({ host, origin: "null" }),
      of({
        host,
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "no-cors",
        "sec-fetch-dest": "script",
      }),
      of({
        host,
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "iframe",
      }),
      of({ host }, "POST"),
      of({}),
    ],
    [
      "taken",
      "taken",
      "taken",
      "taken",
      "The host is none of this server's names",
      "The host is none of this server's names",
      "The request comes from another site",
      "The request comes from another site",
      "The request comes from another site",
      "The request comes from another site",
      "Only GET and HEAD are served",
      "The host is none of this server's names",
    ],
  );
});
