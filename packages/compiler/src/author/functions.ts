type Body = (...args: never[]) => unknown;

/**
 * A function that programs call rather than take into themselves: smaller code, and the verifier looks at it once for each kind
 * of arguments. Numbers, references that were checked and the context may be arguments, five in all.
 */
export function staticFunction<F extends Body>(body: F): F {
  return body;
}

/**
 * A function that the verifier looks at once, knowing nothing of its arguments: numbers whose types are written down, five in
 * all. It makes large programs quick to load. Linux 5.6.
 */
export function globalFunction<F extends Body>(body: F): F {
  return body;
}
