import assert from "node:assert/strict";
import { test } from "node:test";

import { redact, redactArguments } from "./redact.ts";

test("redact() hides secrets and leaves the rest", () => {
  const key = `AKIA${"A1".repeat(8)}`;
  assert.deepEqual(
    [
      "DB_PASSWORD=hunter2",
      "mysql --password=a b",
      "Authorization: Bearer abcdefgh.12345",
      "postgres://shop:geheim@db:5432/x",
      '{"api_key": "abc", "name": "x"}',
      "https://a.example/?token=abc&page=2",
      `aws ${key} s3`,
      "PATH=/usr/bin:/bin",
      "grep -r keyboard /usr/share",
      "token",
      "ssh-keygen -t ed25519",
    ].map(redact),
    [
      "DB_PASSWORD=***",
      "mysql --password=*** b",
      "Authorization: Bearer ***",
      "postgres://shop:***@db:5432/x",
      '{"api_key": "***", "name": "x"}',
      "https://a.example/?token=***&page=2",
      "aws *** s3",
      "PATH=/usr/bin:/bin",
      "grep -r keyboard /usr/share",
      "token",
      "ssh-keygen -t ed25519",
    ],
  );
});

test("redactArguments() hides the value behind a flag", () => {
  assert.deepEqual(
    redactArguments(["--user", "x", "--db-password", "geheim", "--token", "--verbose", "-v"]),
    ["--user", "x", "--db-password", "***", "--token", "--verbose", "-v"],
  );
  const harmless = ["ls", "-l"];
  assert.equal(redactArguments(harmless), harmless);
});

test("redact() is quick on long texts of every kind", () => {
  const start = performance.now();
  for (const unit of ["password=", "a:", "://", "eyJ.", "key ", "-secret-"])
    redact(unit.repeat(1000));
  assert.ok(performance.now() - start < 1000);
});
