import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";

import { ocelli } from "./support/cli.ts";

suite("ocelli bpf verify", () => {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-verify-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const source = join(folder, "drop.bpf.ts");
  writeFileSync(
    source,
    `import { xdp, Xdp } from "@ocelli/compiler";

export const drop = xdp(() => Xdp.DROP);
`,
  );

  test("exits with 2 and names the programs when there is none of that name", () => {
    const { status, stderr } = ocelli(["bpf", "verify", source, "--program", "none"]);
    assert.equal(status, 2);
    assert.equal(stderr, `No program "none" in ${source}: there are drop\n`);
  });

  test("gives a verdict for each program, as text and as JSON", () => {
    const plain = ocelli(["bpf", "verify", source]);
    assert.match(plain.stdout, /^drop: accepted, \d+ instructions processed\n$/);
    const { status, stdout } = ocelli(["bpf", "verify", source, "--json"]);
    assert.equal(status, 0);
    const [judged] = JSON.parse(stdout) as readonly Record<string, unknown>[];
    assert.deepEqual(
      { ...judged, processed: 0 },
      { program: "drop", section: "xdp", accepted: true, processed: 0 },
    );
  });
});
