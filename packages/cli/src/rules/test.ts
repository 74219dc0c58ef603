import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { createCaptureProvider, ScapReader } from "@ocelli/capture";
import {
  createFieldEventProvider,
  createRuleEngine,
  formatRuleDiagnostic,
  judgeAlerts,
  readFieldEvent,
  readRuleTests,
  remarksOf,
  type Alert,
  type EngineOptions,
  type LoadResult,
  type RuleTest,
} from "@ocelli/rules";

import type { CliContext } from "../context.ts";
import { EXIT, RefusedError } from "../exit.ts";
import { readInput } from "../input.ts";
import { readRuleFiles } from "./rule-files.ts";

/** Flags of `ocelli rules test`. */
export interface TestFlags {
  readonly json: boolean;
}

/** What came of one test. */
interface Verdict {
  readonly file: string;
  readonly test: string;
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly alerts: number;
}

/** `ocelli rules test`: exits with 1 when a test fails. */
export async function testRules(
  context: CliContext,
  flags: TestFlags,
  ...paths: readonly string[]
): Promise<void> {
  const verdicts: Verdict[] = [];
  const { stdout } = context.process;
  for (const path of paths) {
    for (const file of await testFiles(path)) {
      const tests = readRuleTests(new TextDecoder().decode(await readInput(file)));
      if (!tests.ok) {
        const problems = tests.diagnostics.map(({ message, hint }) => `${message}. ${hint}`);
        verdicts.push({ file, test: "", ok: false, problems, alerts: 0 });
      } else for (const test of tests.value) verdicts.push(await runTest(file, test));
    }
  }
  const failed = verdicts.filter(({ ok }) => !ok).length;
  const passed = verdicts.length - failed;
  if (flags.json) stdout.write(`${JSON.stringify({ passed, failed, tests: verdicts }, null, 2)}\n`);
  else {
    for (const { file, test, ok, problems } of verdicts) {
      const name = test === "" ? file : `${file}: ${test}`;
      stdout.write(`${ok ? "ok" : "FAILED"}  ${name}\n`);
      for (const problem of problems) stdout.write(`  ${problem}\n`);
    }
    stdout.write(`${passed} passed, ${failed} failed\n`);
  }
  if (failed > 0) context.process.exitCode = EXIT.refused;
}

/** Every file of tests below a folder, in order of their names. */
async function testFiles(path: string): Promise<string[]> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    // Reading it says what is wrong.
    () => false,
  );
  if (!isFolder) return [path];
  const names = await readdir(path, { recursive: true });
  const files = names.filter((name) => /\.test\.ya?ml$/.test(name)).toSorted();
  if (files.length > 0) return files.map((name) => join(path, name));
  throw new RefusedError(`Cannot test "${path}": no file below the folder ends in .test.yaml`);
}

async function runTest(file: string, test: RuleTest): Promise<Verdict> {
  const folder = dirname(file);
  const options: EngineOptions = {
    matching: test.matching,
    appendOutput: [{ suggestedOutput: false }],
  };
  const verdict = (problems: readonly string[], alerts: number): Verdict => ({
    file,
    test: test.name,
    ok: problems.length === 0,
    problems,
    alerts,
  });
  try {
    const rules = await readRuleFiles(test.rules.map((name) => join(folder, name)));
    const alerts =
      test.capture === undefined
        ? playEvents(test.events, rules, options)
        : await playCapture(join(folder, test.capture), rules, options);
    return verdict(judgeAlerts(test, alerts), alerts.length);
  } catch (error) {
    // One test that cannot run does not keep others from running.
    if (!(error instanceof RefusedError)) throw error;
    return verdict(error.message.split("\n"), 0);
  }
}

type RuleFiles = Awaited<ReturnType<typeof readRuleFiles>>;

function playEvents(events: readonly string[], rules: RuleFiles, options: EngineOptions): Alert[] {
  const engine = createRuleEngine([createFieldEventProvider()], options);
  refuseErrors(engine.load(rules));
  return events.flatMap((text) => {
    const event = readFieldEvent(text);
    if (event.ok) return [...engine.process(event.value)];
    const [problem] = event.diagnostics;
    throw new RefusedError(`${problem?.message ?? ""}. ${problem?.hint ?? ""}`);
  });
}

async function playCapture(
  path: string,
  rules: RuleFiles,
  options: EngineOptions,
): Promise<Alert[]> {
  const engine = createRuleEngine([createCaptureProvider()], options);
  refuseErrors(engine.load(rules));
  const file = await readInput(path);
  const bytes = file[0] === 0x1f && file[1] === 0x8b ? await decompress(path, file) : file;
  const alerts: Alert[] = [];
  const reader = new ScapReader((event) => {
    alerts.push(...engine.process(event));
  });
  reader.push(bytes);
  reader.end();
  const broken = reader.diagnostics.find(({ severity }) => severity === "error");
  if (broken !== undefined) throw new RefusedError(`${path}: ${broken.message}`);
  return alerts;
}

async function decompress(path: string, file: Uint8Array): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(file);
  } catch (cause) {
    throw new RefusedError(`Cannot decompress "${path}": ${String(cause)}`);
  }
}

function refuseErrors(result: LoadResult): void {
  if (result.ok) return;
  const errors = remarksOf(result).filter(({ severity }) => severity === "error");
  throw new RefusedError(`Cannot load the rules:\n${errors.map(formatRuleDiagnostic).join("\n")}`);
}
