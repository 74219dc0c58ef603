/** What answers for the kernel in Node: gets the helper's or method's name and its arguments. */
export type StandIn = (name: string, args: readonly unknown[]) => unknown;

// One place for the process, whatever copies of this package it holds.
const PLACE = Symbol.for("ocelli.kernel-stand-in");

function holder(): { [PLACE]?: StandIn | undefined } {
  return globalThis as { [PLACE]?: StandIn };
}

/** Lets something answer for the kernel when programs are called directly; gives what did before. */
export function setStandIn(standIn: StandIn | undefined): StandIn | undefined {
  const before = holder()[PLACE];
  holder()[PLACE] = standIn;
  return before;
}

/** What a kernel function does when Node calls it: there is no kernel around it, unless something stands in for it. */
export function outside(name: string, ...args: readonly unknown[]): never {
  const standIn = holder()[PLACE];
  // Whoever stands in gives what the function's type says.
  if (standIn !== undefined) return standIn(name, args) as never;
  throw new TypeError(
    `Cannot call "${name}" in Node as it exists in a kernel program only: compile the module and load it`,
  );
}
