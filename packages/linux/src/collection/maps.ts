import { kernelMapName, type CollectionSpec, type MapSpec } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { createMap } from "../map/create.ts";
import type { BpfMap } from "../map/map.ts";
import { openOrCreatePinned } from "../pin/pinned-map.ts";
import type { Kernel } from "../port/kernel.ts";
import { fillKconfig } from "./kconfig.ts";

const KEY = new Uint8Array(4);

/** How the maps of a collection are made. */
export interface MapsOptions {
  readonly objectName: string;
  readonly replaceMaps: ReadonlyMap<string, BpfMap>;
  readonly pinFolder: string | undefined;
  readonly btfFd: number | undefined;
  readonly tokenFd: number | undefined;
  /** Contents of data sections, by map, with variables set. */
  readonly data: ReadonlyMap<string, Uint8Array>;
}

/**
 * Creates the maps of a collection, apart from struct_ops, and hands each to `keep` at once. Data sections are filled,
 * and constant ones frozen, so that the verifier can see their values.
 */
export function createMaps(
  kernel: Kernel,
  spec: CollectionSpec,
  options: MapsOptions,
  keep: (name: string, map: BpfMap) => void,
): void {
  for (const [name, map] of spec.maps) {
    if (map.type === "struct_ops") continue;
    const given = options.replaceMaps.get(name);
    if (given !== undefined) {
      checkReplacement(map, given);
      continue;
    }
    const { map: created, fresh } = createOne(kernel, map, options);
    keep(name, created);
    if (fresh) fillMap(kernel, spec, map, created, options.data.get(name));
  }
}

function createOne(
  kernel: Kernel,
  spec: MapSpec,
  { objectName, btfFd, tokenFd, pinFolder }: MapsOptions,
): { readonly map: BpfMap; readonly fresh: boolean } {
  const options = {
    ...(btfFd === undefined ? {} : { btfFd }),
    ...(tokenFd === undefined ? {} : { tokenFd }),
  };
  if (spec.pinning === "by-name") {
    const { map, created } = openOrCreatePinned(kernel, spec, {
      ...options,
      mount: true,
      ...(pinFolder === undefined ? {} : { folder: pinFolder }),
    });
    return { map, fresh: created };
  }
  const name = spec.data === undefined ? spec.name : kernelMapName(spec.section, objectName);
  return { map: createMap(kernel, { ...spec, name }, options), fresh: true };
}

function fillMap(
  kernel: Kernel,
  collection: CollectionSpec,
  spec: MapSpec,
  map: BpfMap,
  data: Uint8Array | undefined,
): void {
  const contents = data ?? spec.data;
  if (contents !== undefined && spec.type === "array") {
    if (spec.section === ".kconfig") fillKconfig(kernel, collection.kconfig, contents);
    map.update(KEY, contents);
  }
  if (spec.frozen) map.freeze();
}

function checkReplacement(spec: MapSpec, map: BpfMap): void {
  if (map.type === spec.type && map.keySize === spec.keySize && map.valueSize === spec.valueSize)
    return;
  throw new LinuxError(
    "invalid",
    `Cannot replace map "${spec.name}" (${spec.type}, keys of ${spec.keySize} bytes, values of ${spec.valueSize}): given is one of type ${map.type}, keys of ${map.keySize} bytes, values of ${map.valueSize}`,
  );
}
