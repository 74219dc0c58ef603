/** Where an exported value of a `.bpf.ts` module comes from. */
export interface Origin {
  /** The module's address. */
  readonly url: string;
  /** What the module calls it. */
  readonly name: string;
}

// One table for the process, also when this file is loaded twice: from its source by the hook, and from its package.
const TABLE = Symbol.for("ocelli.bpf-module-origins");

function table(): WeakMap<object, Origin> {
  const holder = globalThis as { [TABLE]?: WeakMap<object, Origin> };
  return (holder[TABLE] ??= new WeakMap());
}

/** Notes where values come from. The loader hook appends a call of this to every `.bpf.ts` module. */
export function noteOrigins(url: string, values: Readonly<Record<string, unknown>>): void {
  const origins = table();
  for (const [name, value] of Object.entries(values)) {
    const isObject = typeof value === "object" || typeof value === "function";
    // A value that a module hands on stays what the first module called it.
    if (isObject && value !== null && !origins.has(value)) origins.set(value, { url, name });
  }
}

/** Where a value comes from; `undefined` when its module was imported without the hook. */
export function originOf(value: unknown): Origin | undefined {
  const isObject = typeof value === "object" || typeof value === "function";
  return isObject && value !== null ? table().get(value) : undefined;
}
