// The part of WebAssembly's JavaScript interface that is used here. Declared by hand, as neither the library of the
// DOM nor Node's types belong in a package that runs in both.

/** A linear memory. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** A global variable of a module. */
export interface WasmGlobal<T> {
  value: T;
}

/** An instance of a module. */
export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

/** The `WebAssembly` object of the host. */
export interface WasmHost {
  readonly Memory: new (limits: { initial: number; maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => WasmInstance;
  readonly RuntimeError: new (message?: string) => Error;
  readonly validate: (bytes: Uint8Array) => boolean;
}

/** The host's WebAssembly; `undefined` where there is none, and then only the interpreter runs. */
export const webAssembly: WasmHost | undefined =
  // The host's object has this shape by the standard (WebAssembly JavaScript Interface, section 5).
  (globalThis as unknown as { readonly WebAssembly?: WasmHost }).WebAssembly;
