import { printable } from "./printable.ts";

const LONGEST = 1024;
const TOO_LONG = "/DIR_TOO_LONG/FILENAME_TOO_LONG";
// What makes a path differ from its resolved form: `.` and `..` parts, slashes side by side or at the end.
const UNUSUAL = /\/\/|(?:^|\/)\.\.?(?:\/|$)|.\/$/;

/**
 * A path as seen from a directory, without `.` and `..`: `path` itself when it is absolute or empty, else below
 * `directory`, which ends in a slash and is taken as it is. What does not print becomes U+FFFD. Longer than 1,023
 * characters together they give a fixed text, as in libsinsp.
 */
export function joinPath(directory: string, path: string): string {
  const relative = path !== "" && !path.startsWith("/");
  if (directory.length + path.length + 1 > LONGEST) return TOO_LONG;
  const shown = printable(path);
  if (!UNUSUAL.test(shown)) return relative ? directory + shown : shown;
  return resolve(relative ? directory : "", shown);
}

// Character by character, as the rules for single characters are simpler than those for parts: a `..` goes back to the
// slash before, never before the first character; a slash is left out after another one.
function resolve(base: string, path: string): string {
  let target = base;
  let i = 0;
  while (i < path.length) {
    const char = path.charAt(i);
    const atPartStart = target === "" || target.endsWith("/");
    if (char === "." && atPartStart) {
      const next = path.charAt(i + 1);
      if (next === "." && (path.charAt(i + 2) === "/" || i + 2 === path.length)) {
        target = parentOf(target);
        i += path.charAt(i + 2) === "/" ? 3 : 2;
        continue;
      }
      if (next === "/" || i + 1 === path.length) {
        i += next === "/" ? 2 : 1;
        continue;
      }
    }
    const repeated = char === "/" && (target.endsWith("/") || (target === "" && base !== ""));
    if (!repeated) target += char;
    i++;
  }
  return target.length > 1 && target.endsWith("/") ? target.slice(0, -1) : target;
}

function parentOf(path: string): string {
  if (path.length <= 1) return path;
  const slash = path.lastIndexOf("/", path.length - 2);
  return path.slice(0, slash + 1);
}
