const PLACE = /^(0x[\da-f]{1,8}|\d{1,10})\/(0x[\da-f]{1,8}|\d{1,10})$/i;

/** The map's id and the index that an iproute2 section name such as `1/0` gives; `undefined` for other names. */
export function tailCallPlace(section: string): { id: number; index: number } | undefined {
  const [, id, index] = PLACE.exec(section) ?? [];
  return id === undefined || index === undefined
    ? undefined
    : { id: Number(id), index: Number(index) };
}
