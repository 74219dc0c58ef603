// Holds every import against tools/layers.json: a package imports lower floors only, by name, and declares what it
// imports; a pure package imports nothing from node:; test support stays in tests.
import { readFileSync } from "node:fs";
import { join, normalize } from "node:path";

import { isTest, report, root, sourceFiles } from "./sources.ts";

interface Layer {
  readonly floor: number;
  readonly pure?: boolean;
  readonly testsOnly?: boolean;
}

// The file is ours and its shape is fixed by this type.
const layers = JSON.parse(readFileSync(join(root, "tools/layers.json"), "utf8")) as Record<
  string,
  Layer
>;
const importPattern = /^(?:import|export)\s(?:[^;"]*?\sfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

function folderOf(specifier: string): string | undefined {
  if (specifier === "ocelli") return "cli";
  return /^@ocelli\/([^/]+)/.exec(specifier)?.[1];
}

function declared(folder: string): Set<string> {
  const path = join(root, "packages", folder, "package.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Record<string, Record<string, string>>;
  return new Set(
    ["dependencies", "optionalDependencies", "peerDependencies"].flatMap((key) =>
      Object.keys(manifest[key] ?? {}),
    ),
  );
}

const problems: string[] = [];
for (const { path, text } of sourceFiles()) {
  const own = /^packages\/([^/]+)\//.exec(path)?.[1];
  if (own === undefined) continue;
  const layer = layers[own];
  if (layer === undefined) {
    problems.push(`${path}: package "${own}" has no floor in tools/layers.json`);
    continue;
  }
  const dependencies = declared(own);
  for (const match of text.matchAll(importPattern)) {
    const specifier = match[1] ?? match[2] ?? "";
    if (specifier.startsWith(".")) {
      const target = normalize(join(path, "..", specifier));
      if (!target.startsWith(`packages/${own}/`)) {
        problems.push(
          `${path}: "${specifier}" leaves the package; import the other package by name`,
        );
      }
      continue;
    }
    if (isTest(path)) continue;
    if (specifier.startsWith("node:")) {
      if (layer.pure === true)
        problems.push(`${path}: a pure package cannot import "${specifier}"`);
      continue;
    }
    const name = specifier.startsWith("@")
      ? specifier.split("/").slice(0, 2).join("/")
      : (specifier.split("/")[0] ?? "");
    if (!dependencies.has(name))
      problems.push(`${path}: "${name}" is not a dependency of packages/${own}/package.json`);
    const folder = folderOf(specifier);
    if (folder === undefined || folder === own) continue;
    const target = layers[folder];
    if (target === undefined)
      problems.push(`${path}: "${specifier}" has no floor in tools/layers.json`);
    else if (target.testsOnly === true) problems.push(`${path}: only tests import "${specifier}"`);
    else if (target.floor >= layer.floor) {
      problems.push(
        `${path}: floor ${layer.floor} cannot import "${specifier}" on floor ${target.floor}`,
      );
    }
  }
}
report("check-layers", problems);
