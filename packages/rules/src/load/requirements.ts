import { LoadProblem, stepTo, type PlacePath } from "./place-path.ts";
import { invalid, requiredText, valueOf, type Mapping } from "./yaml-node.ts";

/** The version of Falco's rule engine whose behaviour this package has. */
export const ENGINE_VERSION: string = "0.62.0";

/** What rule files may ask for by `required_plugin_versions` and find built in. */
export const BUILT_IN_PLUGINS: ReadonlyMap<string, string> = new Map([["container", "0.7.1"]]);

const AUDIT_PLUGINS: ReadonlyMap<string, string> = new Map([
  ["json", "0.7.4"],
  ["k8saudit", "0.18.0"],
]);

/** What rule files find built in when there are events of some sources. */
export function builtInPlugins(sources: ReadonlySet<string>): ReadonlyMap<string, string> {
  if (!sources.has("k8s_audit")) return BUILT_IN_PLUGINS;
  return new Map([...BUILT_IN_PLUGINS, ...AUDIT_PLUGINS]);
}

interface Requirement {
  readonly name: string;
  readonly version: string;
}

/** Checks `required_engine_version`: a number n means 0.n.0. */
export function checkEngineVersion(item: Mapping, parent: PlacePath): void {
  const path = stepTo(parent, "required_engine_version", "", parent.offset);
  const text = requiredText(item, "required_engine_version", path);
  const version = /^\d{1,10}$/.test(text) ? `0.${Number(text)}.0` : text;
  if (parseVersion(version) === undefined) {
    throw invalid(
      `Unable to parse engine version '${text}' as a semver string. Expected "x.y.z" semver format.`,
      path,
      `Write a version such as ${ENGINE_VERSION}`,
    );
  }
  if (satisfies(ENGINE_VERSION, version)) return;
  throw new LoadProblem(
    "LOAD_ERR_VALIDATE",
    `Rules require engine version ${version}, but engine version is ${ENGINE_VERSION}`,
    path,
    `Use rules made for engine ${ENGINE_VERSION} or an earlier one with the same major version`,
  );
}

/** Checks `required_plugin_versions`: of each entry and its alternatives one must be there. */
export function checkPluginVersions(
  item: Mapping,
  parent: PlacePath,
  plugins: ReadonlyMap<string, string>,
): void {
  const value = valueOf(item, "required_plugin_versions");
  const path = stepTo(parent, "required plugin versions", "", value?.offset ?? parent.offset);
  if (value?.kind !== "sequence") {
    throw invalid(
      "Value of required_plugin_versions must be a sequence",
      path,
      'Start each with "- name: …"',
    );
  }
  for (const one of value.items) {
    const unnamed = stepTo(path, "required plugin versions entry", "", one.offset);
    if (one.kind !== "mapping")
      throw invalid(
        "Plugin version must be a mapping",
        unnamed,
        'Write "name: …" and "version: …"',
      );
    const name = requiredText(one.mapping, "name", unnamed);
    const at = stepTo(path, "required plugin versions entry", name, one.offset);
    const wanted = [
      { name, version: requiredText(one.mapping, "version", at) },
      ...readAlternatives(one.mapping, at),
    ];
    checkOne(wanted, at, plugins);
  }
}

function readAlternatives(item: Mapping, path: PlacePath): Requirement[] {
  const value = valueOf(item, "alternatives");
  if (value === undefined) return [];
  if (value.kind !== "sequence") {
    throw invalid(
      "Value of plugin version alternatives must be a sequence",
      path,
      'Start each with "- name: …"',
    );
  }
  return value.items.map((one) => {
    const at = stepTo(path, "required plugin versions alternative", "", one.offset);
    if (one.kind !== "mapping")
      throw invalid("Plugin version alternative must be a mapping", at, 'Write "name: …"');
    return {
      name: requiredText(one.mapping, "name", at),
      version: requiredText(one.mapping, "version", at),
    };
  });
}

function checkOne(
  wanted: readonly Requirement[],
  path: PlacePath,
  plugins: ReadonlyMap<string, string>,
): void {
  const refuse = (message: string, hint: string): LoadProblem =>
    new LoadProblem("LOAD_ERR_VALIDATE", message, path, hint);
  const names = new Set<string>();
  for (const { name, version } of wanted) {
    if (parseVersion(version) === undefined) {
      throw refuse(
        `Invalid required version '${version}' for plugin '${name}'`,
        "Write a version such as 0.4.0",
      );
    }
    if (names.has(name)) {
      throw refuse(
        `Defined multiple alternative version requirements for plugin '${name}'`,
        "Name each plugin once",
      );
    }
    names.add(name);
  }
  const met = wanted.some(({ name, version }) => {
    const own = plugins.get(name);
    return own !== undefined && satisfies(own, version);
  });
  if (met) return;
  const list = wanted.map(({ name, version }) => `${name} (>= ${version})`).join(", ");
  const own = [...plugins].map(([name, version]) => `${name} ${version}`).join(", ");
  throw refuse(
    `Plugin requirement not satisfied, must have one of: ${list}`,
    `What these plugins give is built in: ${own}`,
  );
}

function parseVersion(text: string): readonly [number, number, number] | undefined {
  const found = /^(\d{1,10})\.(\d{1,10})\.(\d{1,10})(?:[-+].*)?$/.exec(text);
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** The same major version, and not below. */
function satisfies(own: string, wanted: string): boolean {
  const [major = 0, minor = 0, patch = 0] = parseVersion(own) ?? [];
  const [wantedMajor = 0, wantedMinor = 0, wantedPatch = 0] = parseVersion(wanted) ?? [];
  if (major !== wantedMajor) return false;
  return minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch);
}
