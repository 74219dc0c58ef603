import { MAP_TYPES } from "./map-types.gen.ts";

/** A map type, named as the kernel names it, in lower case and without its prefix. */
export type MapType = keyof typeof MAP_TYPES;

const names = new Map<number, MapType>(
  // Every key of the table is one of its own names.
  (Object.keys(MAP_TYPES) as MapType[]).map((name) => [MAP_TYPES[name], name]),
);

/** The kernel's number of a map type. */
export function mapTypeNumber(type: MapType): number {
  return MAP_TYPES[type];
}

/** The name of a map type by the kernel's number; `undefined` for one that is newer than this table. */
export function mapTypeName(value: number): MapType | undefined {
  return names.get(value);
}

/** Whether a string names a map type. */
export function isMapType(name: string): name is MapType {
  return Object.hasOwn(MAP_TYPES, name);
}
