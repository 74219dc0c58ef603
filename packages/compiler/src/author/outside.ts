/** What a kernel function does when Node calls it: there is no kernel around it. */
export function outside(name: string, ..._args: readonly unknown[]): never {
  throw new TypeError(
    `Cannot call "${name}" in Node as it exists in a kernel program only: compile the module and load it`,
  );
}
