import type { MapSpec } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { compareMaps, formatDifferences, MapMismatchError } from "../map/compare.ts";
import { createMap, type CreateMapOptions } from "../map/create.ts";
import type { BpfMap } from "../map/map.ts";
import { openPinnedMap } from "../map/open.ts";
import type { Kernel } from "../port/kernel.ts";
import { BPFFS, mountBpffs, pinPath } from "./bpffs.ts";
import { pinObject, type PinOptions } from "./pin.ts";

/** Where a map is pinned by name, and how it is created when it is not there. */
export interface PinnedMapOptions extends CreateMapOptions, PinOptions {
  /** Folder of maps pinned by name: /sys/fs/bpf if absent. It must exist. */
  readonly folder?: string;
}

/** A map with the path of its pin, and whether this call created it. */
export interface PinnedMap {
  readonly map: BpfMap;
  readonly path: string;
  readonly created: boolean;
}

function openMatching(kernel: Kernel, spec: MapSpec, path: string): BpfMap {
  const map = openPinnedMap(kernel, path);
  const differences = compareMaps(spec, map.info, kernel.pageSize);
  if (differences.length === 0) return map;
  map[Symbol.dispose]();
  throw new MapMismatchError(
    `Cannot reuse the map pinned at "${path}" as "${spec.name}": ${formatDifferences(differences)}`,
    differences,
  );
}

/**
 * Opens the map that is pinned under a blueprint's name, or creates and pins it. An existing map must match: otherwise
 * `MapMismatchError` lists what differs. Of several processes that do this at once, all end up with the same map.
 */
export function openOrCreatePinned(
  kernel: Kernel,
  spec: MapSpec,
  options: PinnedMapOptions = {},
): PinnedMap {
  const folder = options.folder ?? BPFFS;
  const path = pinPath(spec.name, folder);
  if (options.mount === true && folder.startsWith(BPFFS)) mountBpffs(kernel);
  for (let attempt = 0; ; attempt += 1) {
    try {
      return { map: openMatching(kernel, spec, path), path, created: false };
    } catch (error) {
      if (!(error instanceof LinuxError) || error.code !== "not-found") throw error;
    }
    const map = createMap(kernel, spec, options);
    try {
      pinObject(kernel, map.fd, path);
      return { map, path, created: true };
    } catch (error) {
      map[Symbol.dispose]();
      // Another process pinned first: take its map. A pin that comes and goes ends after a few rounds.
      if (!(error instanceof LinuxError) || error.code !== "exists" || attempt === 3) throw error;
    }
  }
}
