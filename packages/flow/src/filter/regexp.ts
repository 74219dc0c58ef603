import { RE2JS, RE2JSSyntaxException } from "re2js";

import { FilterError } from "./predicate.ts";

/**
 * Compiles `pattern`, RE2's grammar, and returns whether it matches anywhere in a text, in time linear in the text:
 * patterns come from users and run in the server. Throws FilterError with Go's text.
 */
export function compileRegexp(pattern: string): (text: string) => boolean {
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.test(text);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) throw new FilterError(error.message);
    throw error;
  }
}
