/** The reserved identities that have names, by number (Documentation/gettingstarted/terminology of Cilium). */
export const RESERVED_IDENTITIES: readonly string[] = [
  "unknown",
  "host",
  "world",
  "unmanaged",
  "health",
  "init",
  "remote-node",
  "kube-apiserver",
  "ingress",
  "world-ipv4",
  "world-ipv6",
];

/** `(host)` for reserved identities, `(ID:n)` for others. Identity 0 is no reserved one. */
export function identityText(identity: number): string {
  const name = identity === 0 ? undefined : RESERVED_IDENTITIES[identity];
  return name === undefined ? `(ID:${identity})` : `(${name})`;
}

/** The number of a reserved identity's name, or of a number written in decimal, hex, octal or binary. */
export function parseIdentity(text: string): number | undefined {
  const reserved = RESERVED_IDENTITIES.indexOf(text);
  if (reserved > 0) return reserved;
  if (!/^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)$/.test(text)) return undefined;
  const value = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
  return value <= 0xffff_ffff ? value : undefined;
}
