import { UsageError } from "../exit.ts";

// Flags that ask the same end of a flow in ways that do not go together.
const GROUPS: readonly (readonly string[])[] = [
  [
    "from-fqdn",
    "from-ip",
    "ip",
    "fqdn",
    "from-namespace",
    "namespace",
    "from-all-namespaces",
    "all-namespaces",
  ],
  ["from-fqdn", "from-ip", "ip", "fqdn", "from-pod", "pod"],
  [
    "to-fqdn",
    "to-ip",
    "ip",
    "fqdn",
    "to-namespace",
    "namespace",
    "to-all-namespaces",
    "all-namespaces",
  ],
  ["to-fqdn", "to-ip", "ip", "fqdn", "to-pod", "pod"],
  ["to-pod", "namespace", "all-namespaces"],
  ["from-pod", "namespace", "all-namespaces"],
  ["to-service", "namespace", "all-namespaces"],
  ["from-service", "namespace", "all-namespaces"],
  ["label", "from-label"],
  ["label", "to-label"],
  ["service", "from-service"],
  ["service", "to-service"],
  ["port", "to-port"],
  ["port", "from-port"],
  ["identity", "to-identity"],
  ["identity", "from-identity"],
  ["workload", "to-workload"],
  ["workload", "from-workload"],
  ["encrypted", "unencrypted"],
];

/** Throws UsageError when two of the given flags cannot be combined. */
export function checkConflicts(given: ReadonlySet<string>): void {
  for (const group of GROUPS) {
    const [first, second] = group.filter((name) => given.has(name));
    if (first !== undefined && second !== undefined) {
      throw new UsageError(`filters --${first} and --${second} cannot be combined`);
    }
  }
}
