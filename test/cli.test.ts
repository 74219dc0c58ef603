import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";

import { ocelli } from "./support/cli.ts";

suite("ocelli", () => {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-cli-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  test("explains itself with --help and exits with 0", () => {
    const { status, stdout, stderr } = ocelli(["--help"]);
    assert.equal(status, 0);
    assert.equal(stderr, "");
    assert.match(stdout, /^USAGE\n {2}ocelli start/);
  });

  test("has an example in the help of each command", () => {
    const commands = [
      ["start"],
      ["bpf", "inspect"],
      ["bpf", "disasm"],
      ["bpf", "run"],
      ["btf", "dump"],
    ];
    for (const command of commands) {
      const { status, stdout } = ocelli([...command, "--help"]);
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(`EXAMPLE\\n +ocelli ${command.join(" ")}`));
    }
  });

  test("exits with 2 and names the near command when it does not know one", () => {
    const { status, stdout, stderr } = ocelli(["bpf", "inspct"]);
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.equal(stderr, "No command registered for `inspct`, did you mean `inspect`?\n");
  });

  test("exits with 2 when a flag is unknown or has a wrong value", () => {
    assert.deepEqual(ocelli(["top", "--intervall", "1"]), {
      status: 2,
      stdout: "",
      stderr: "No flag registered for --intervall, did you mean --interval?\n",
    });
    assert.deepEqual(ocelli(["top", "--interval", "0"]), {
      status: 2,
      stdout: "",
      stderr: "Cannot use --interval 0: give seconds, 0.1 or more\n",
    });
  });

  test("exits with 1 and one sentence when a file is not there or is no object", () => {
    assert.deepEqual(ocelli(["bpf", "inspect", join(folder, "absent.o")]), {
      status: 1,
      stdout: "",
      stderr: `Cannot read "${join(folder, "absent.o")}": there is no such file\n`,
    });
    const path = join(folder, "text.o");
    writeFileSync(path, "not an object");
    assert.deepEqual(ocelli(["bpf", "inspect", path]), {
      status: 1,
      stdout: "",
      stderr:
        `Cannot read "${path}":\n` +
        "  error[elf-magic] at byte 0: Cannot read the file as ELF: it does not begin with 7f 45 4c 46. " +
        "Give an object file, e.g. one that clang made with --target=bpf -c\n",
    });
  });
});
