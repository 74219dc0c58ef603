import { fileURLToPath } from "node:url";

import type {
  ArrayMap,
  Config,
  Count,
  Global,
  HashMap,
  Log2Hist,
  MapShape,
  Program as ProgramOfModule,
  RingBuf,
  Scratch,
  StackTraces,
} from "@ocelli/compiler";
import type { CollectionSpec } from "@ocelli/bpf";
import {
  loadCollection,
  type AttachOptions,
  type Collection,
  type Link,
  type LoadCollectionOptions,
} from "@ocelli/linux";

import { codecOf } from "./codec.ts";
import { compiledModule, compileFile, ModuleError } from "./compile-file.ts";
import {
  loadedMap,
  type LoadedCount,
  type LoadedHistogram,
  type LoadedMap,
  type LoadedRing,
  type LoadedStacks,
} from "./loaded-map.ts";
import { loadedProgram, type LoadedProgram } from "./loaded-program.ts";
import { originOf } from "./origin.ts";
import type { UserValue } from "./user-value.ts";

/** A variable that programs and the user side share. */
export interface LoadedVariable<T> {
  value: T;
}

type OnCpus<M, V> = M extends { readonly perCpu: true } ? V[] : V;

/** What a member of a module becomes when the module is loaded. */
export type LoadedMember<T> = T extends ProgramOfModule
  ? LoadedProgram
  : T extends RingBuf<infer R>
    ? LoadedRing<UserValue<R>>
    : T extends Count<infer K>
      ? LoadedCount<UserValue<K>>
      : T extends Log2Hist
        ? LoadedHistogram
        : T extends StackTraces
          ? LoadedStacks
          : T extends HashMap<infer K, infer V>
            ? LoadedMap<UserValue<K>, OnCpus<T, UserValue<V>>>
            : T extends Scratch<infer V>
              ? LoadedMap<number, UserValue<V>[]>
              : T extends ArrayMap<infer V>
                ? LoadedMap<number, OnCpus<T, UserValue<V>>>
                : T extends Global<infer V>
                  ? LoadedVariable<V>
                  : never;

/** The configuration of a module, by name. */
export type ConfigOf<M> = {
  [K in keyof M as M[K] extends Config<number | bigint> ? K : never]?: M[K] extends Config<infer V>
    ? V
    : never;
};

/** A module in the kernel: its exported programs, maps and variables by their names, and what concerns all of them. */
export type Loaded<M> = {
  readonly [K in keyof M as LoadedMember<M[K]> extends never ? never : K]: LoadedMember<M[K]>;
} & LoadedModule;

/** What every loaded module has beside its own members. */
export interface LoadedModule extends Disposable {
  /** Programs, maps and variables without types, those that are not exported among them. */
  readonly collection: Collection;
  /** The exported programs, in the order of their names. */
  programs(): readonly LoadedProgram[];
  /** Attaches every exported program to its hook. They stay until the result, or the module, is disposed of. */
  attachAll(options?: AttachOptions): Disposable & { readonly links: readonly Link[] };
}

/** What `load()` may be told. */
export interface LoadOptions<M> extends Pick<
  LoadCollectionOptions,
  "kernel" | "pinFolder" | "programs"
> {
  /** Values for the module's `config()` constants; after loading they cannot change. */
  readonly config?: ConfigOf<M>;
  /** The module's source: `import.meta.resolve("./probe.bpf.ts")`. Not needed where the loader hook is in place. */
  readonly source?: string | URL;
  /** A blueprint that was compiled before, in place of compiling the source now. */
  readonly spec?: CollectionSpec;
  /** Changes the blueprint before it is loaded: sizes of maps, which programs are there. */
  readonly edit?: (spec: CollectionSpec) => void;
}

/**
 * Loads an imported `.bpf.ts` module into the kernel. `using` closes everything: readers, links, programs and maps. Nothing is
 * attached yet. Throws `ModuleError` when the compiler refuses the source, and `LinuxError` when the kernel refuses a program.
 */
export function load<M extends object>(module: M, options: LoadOptions<M> = {}): Loaded<M> {
  const members = Object.entries(module) as readonly (readonly [string, unknown])[];
  const spec = options.spec ?? compiledModule(compileFile(sourceOf(members, options))).collection;
  options.edit?.(spec);
  const variables = Object.entries(options.config ?? {}).filter(([name]) =>
    spec.variables.has(name),
  );
  const { kernel, pinFolder, programs } = options;
  const stack = new DisposableStack();
  // Nothing after this can fail and leave the collection open: what follows only makes objects.
  const collection = stack.use(
    loadCollection(spec, {
      ...(kernel !== undefined && { kernel }),
      ...(pinFolder !== undefined && { pinFolder }),
      ...(programs !== undefined && { programs }),
      // The types of the options say that these are numbers and bigints.
      variables: Object.fromEntries(variables) as Record<string, number | bigint>,
    }),
  );
  const closing = new AbortController();
  stack.defer(() => {
    closing.abort();
  });
  const all: Record<string, unknown> = {};
  const attachable: LoadedProgram[] = [];
  for (const [exported, value] of members) {
    if (!isMember(value)) continue;
    const name = originOf(value)?.name ?? exported;
    const loaded = loadedMember(name, value, collection, { stack, signal: closing.signal });
    if (loaded !== undefined) all[exported] = loaded;
    if (value.kind === "program" && loaded !== undefined) attachable.push(loaded as LoadedProgram);
  }
  const own: LoadedModule = {
    collection,
    programs: () => attachable,
    attachAll: (attachOptions) => attachAll(attachable, stack, attachOptions),
    [Symbol.dispose]: () => {
      stack.dispose();
    },
  };
  // Members were made from the module's own exports, as `Loaded` says by type.
  return Object.assign(own, all) as unknown as Loaded<M>;
}

function attachAll(
  programs: readonly LoadedProgram[],
  owner: DisposableStack,
  options: AttachOptions = {},
): Disposable & { readonly links: readonly Link[] } {
  using attached = new DisposableStack();
  const links = programs.map((program) => attached.use(program.attach(options)));
  const held = owner.use(attached.move());
  return {
    links,
    [Symbol.dispose]: () => {
      held.dispose();
    },
  };
}

type Member = ProgramOfModule | MapShape | Global<number | bigint>;

function isMember(value: unknown): value is Member {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  const { kind } = value;
  return kind === "program" || kind === "map" || kind === "global";
}

function loadedMember(
  name: string,
  value: Member,
  collection: Collection,
  owner: Parameters<typeof loadedMap>[2],
): object | undefined {
  switch (value.kind) {
    case "program": {
      // A program that the caller filtered out, or that `edit` removed.
      const program = collection.programs.get(name);
      return program === undefined ? undefined : loadedProgram(value, program, owner.stack);
    }
    case "map": {
      const map = collection.maps.get(name);
      return map === undefined ? undefined : loadedMap(value, map, owner);
    }
    default: {
      const variable = collection.variables.get(name);
      if (variable === undefined) return { value: value.value };
      const codec = codecOf(value.layout);
      return {
        get value(): unknown {
          const bytes = variable.read();
          return codec.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
        },
        set value(next: unknown) {
          const bytes = new Uint8Array(codec.size);
          codec.write(new DataView(bytes.buffer), 0, next);
          variable.write(bytes);
        },
      };
    }
  }
}

/** The file that the members of a module come from. */
function sourceOf(
  members: readonly (readonly [string, unknown])[],
  { source }: { readonly source?: string | URL },
): string {
  if (source !== undefined) return filePath(source);
  const urls = new Set(members.flatMap(([, value]) => originOf(value)?.url ?? []));
  const [url] = urls;
  if (url === undefined)
    throw new ModuleError(
      "unknown-source",
      'Cannot load this module: its source is not known. Start with node --import @ocelli/load/register, or give the option source: import.meta.resolve("./probe.bpf.ts")',
    );
  if (urls.size > 1)
    throw new ModuleError(
      "unknown-source",
      `Cannot load this module: its members come from ${urls.size} sources. Load each .bpf.ts module by itself`,
    );
  return filePath(url);
}

function filePath(source: string | URL): string {
  const text = String(source);
  return text.startsWith("file:") ? fileURLToPath(text.replace(/\?.*$/, "")) : text;
}
