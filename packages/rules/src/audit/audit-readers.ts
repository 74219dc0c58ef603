import { isObject, type Json, type JsonObject } from "./audit-event.ts";
import { jsonText, valueAt } from "./json-path.ts";

/** Reads the value of one field from an audit event: a text, several, or none. */
export type AuditReader = (
  json: JsonObject,
  argument: string | undefined,
) => string | readonly string[] | undefined;

const SPEC = ["requestObject", "spec"];

/** How fields of audit events are read that are more than one value at one place. */
export const AUDIT_READERS: ReadonlyMap<string, AuditReader> = new Map<string, AuditReader>([
  ["ka.uri.param", readParameter],
  ["ka.req.binding.subject.has_name", () => "true"],
  ["ka.req.container.image", (json) => imagesOf(json, "containers", "0")?.[0]],
  [
    "ka.req.container.image.repository",
    (json) => imagesOf(json, "containers", "0")?.map(repositoryOf)[0],
  ],
  ["ka.req.container.privileged", readAnyPrivileged],
  ["ka.req.pod.volumes.hostpath", eachOf([...SPEC, "volumes"], ["hostPath", "path"])],
  ["ka.req.pod.volumes.flexvolume_driver", eachOf([...SPEC, "volumes"], ["flexVolume", "driver"])],
  ["ka.req.pod.volumes.volume_type", readVolumeTypes],
  ["ka.req.volume.hostpath", readHostPath],
  ["ka.req.role.rules.apiGroups", readRules("apiGroups")],
  ["ka.req.role.rules.nonResourceURLs", readRules("nonResourceURLs")],
  ["ka.req.role.rules.verbs", readRules("verbs")],
  ["ka.req.role.rules.resources", readRules("resources")],
  ["ka.req.service.ports", eachOf([...SPEC, "ports"], [])],
  ["ka.sourceips", eachOf(["sourceIPs"], [])],
  ...["containers", "initContainers", "ephemeralContainers"].flatMap(containerReaders),
]);

function containerReaders(kind: string): [string, AuditReader][] {
  const containers = [...SPEC, kind];
  const context = (key: string): AuditReader => eachOf(containers, ["securityContext", key]);
  const readers: Readonly<Record<string, AuditReader>> = {
    image: (json, argument) => imagesOf(json, kind, argument),
    "image.repository": (json, argument) => imagesOf(json, kind, argument)?.map(repositoryOf),
    host_port: readPorts(containers),
    // Containers that say nothing are left out.
    privileged: eachOf(containers, ["securityContext", "privileged"], "skip"),
    allow_privilege_escalation: context("allowPrivilegeEscalation"),
    read_only_fs: context("readOnlyRootFilesystem"),
    run_as_user: context("runAsUser"),
    run_as_group: context("runAsGroup"),
    eff_run_as_user: readEffective(containers, "runAsUser"),
    eff_run_as_group: readEffective(containers, "runAsGroup"),
    proc_mount: context("procMount"),
    add_capabilities: eachOf(containers, ["securityContext", "capabilities", "add"]),
  };
  return Object.entries(readers).map(([name, reader]) => [`ka.req.pod.${kind}.${name}`, reader]);
}

/** The items of an array, or the one that an argument names; undefined when there are none. */
function itemsAt(
  json: JsonObject,
  keys: readonly string[],
  argument: string | undefined,
): readonly Json[] | undefined {
  const value = valueAt(json, keys);
  if (!Array.isArray(value)) return undefined;
  const items: readonly Json[] = value;
  if (argument === undefined || !/^-?\d+$/.test(argument)) return items;
  const item = items[Number(argument)];
  return item === undefined ? undefined : [item];
}

/** The same place in each item of an array. Missing as a whole when one lacks it, unless those are skipped. */
function eachOf(
  list: readonly string[],
  inside: readonly string[],
  lacking: "missing" | "skip" = "missing",
): AuditReader {
  return (json, argument) => {
    const texts: string[] = [];
    for (const item of itemsAt(json, list, argument) ?? [undefined]) {
      const value = valueAt(item, inside);
      if (value !== undefined) texts.push(jsonText(value));
      else if (lacking === "missing" || item === undefined) return undefined;
    }
    return texts;
  };
}

function imagesOf(
  json: JsonObject,
  kind: string,
  argument: string | undefined,
): readonly string[] | undefined {
  const images = eachOf([...SPEC, kind], ["image"])(json, argument);
  return typeof images === "string" ? [images] : images;
}

/** The image without tag and digest. */
function repositoryOf(image: string): string {
  return image.split(":")[0]?.split("@")[0] ?? "";
}

function readAnyPrivileged(json: JsonObject): string | undefined {
  const containers = itemsAt(json, [...SPEC, "containers"], undefined);
  if (containers === undefined) return undefined;
  const key = ["securityContext", "privileged"];
  return String(containers.some((container) => valueAt(container, key) === true));
}

/** Ports of the host; where none is named the container's own, which is the host's in its network. */
function readPorts(containers: readonly string[]): AuditReader {
  return (json, argument) => {
    const texts: string[] = [];
    for (const container of itemsAt(json, containers, argument) ?? [undefined]) {
      const ports = itemsOf(valueAt(container, ["ports"]));
      if (ports === undefined) return undefined;
      for (const port of ports) {
        const value = valueAt(port, ["hostPort"]) ?? valueAt(port, ["containerPort"]);
        if (value !== undefined) texts.push(jsonText(value));
      }
    }
    return texts;
  };
}

function readEffective(containers: readonly string[], key: string): AuditReader {
  return (json, argument) => {
    const ofPod = valueAt(json, [...SPEC, "securityContext", key]) ?? 0;
    return itemsAt(json, containers, argument)?.map((container) =>
      jsonText(valueAt(container, ["securityContext", key]) ?? ofPod),
    );
  };
}

function readRules(key: string): AuditReader {
  return (json, argument) =>
    itemsAt(json, ["requestObject", "rules"], argument)?.flatMap((rule) =>
      (itemsOf(valueAt(rule, [key])) ?? []).map(jsonText),
    );
}

function readVolumeTypes(json: JsonObject, argument: string | undefined): string[] | undefined {
  return itemsAt(json, [...SPEC, "volumes"], argument)?.flatMap((volume) =>
    isObject(volume) ? Object.keys(volume).filter((key) => key !== "name") : [],
  );
}

/** Whether some volume shows a path of the host; one that ends in `*` stands for all that start so. */
function readHostPath(json: JsonObject, argument: string = ""): string | undefined {
  const volumes = itemsAt(json, [...SPEC, "volumes"], undefined);
  if (volumes === undefined) return undefined;
  const paths = volumes.flatMap((volume) => {
    const path = valueAt(volume, ["hostPath", "path"]);
    return path === undefined ? [] : [jsonText(path)];
  });
  const start = argument.endsWith("*") ? argument.slice(0, -1) : undefined;
  const fits = (path: string): boolean =>
    path === argument || (start !== undefined && path.startsWith(start));
  return String(paths.some(fits));
}

/** The first parameter of that name in the address. */
function readParameter(json: JsonObject, argument: string = ""): string | undefined {
  const uri = valueAt(json, ["requestURI"]);
  if (typeof uri !== "string") return undefined;
  const query = /\?([^#]*)/.exec(uri)?.[1] ?? "";
  for (const pair of query.split("&")) {
    const [key = "", ...value] = pair.split("=");
    if (decodePart(key) === argument && pair !== "") return decodePart(value.join("="));
  }
  return undefined;
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function itemsOf(value: Json | undefined): readonly Json[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
