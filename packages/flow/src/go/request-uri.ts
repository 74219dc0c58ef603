/**
 * The path of an HTTP request's URL, unescaped, as Go's url.ParseRequestURI finds it: an absolute URI, or a path from the
 * root. Undefined where that function fails. A `#` starts no fragment there.
 */
export function requestPath(url: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are what Go refuses
  if (url === "" || /[\u0000-\u001f\u007f]/.test(url)) return undefined;
  if (url === "*") return "*";
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(url);
  if (url.startsWith(":")) return undefined;
  let rest = scheme === null ? url : url.slice(scheme[0].length);
  const query = rest.indexOf("?");
  if (query >= 0) rest = rest.slice(0, query);
  if (!rest.startsWith("/")) return scheme === null ? undefined : "";
  if (scheme !== null && rest.startsWith("//")) {
    const slash = rest.indexOf("/", 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    if (!isAuthority(authority)) return undefined;
    rest = slash < 0 ? "" : rest.slice(slash);
  }
  return unescapePath(rest);
}

function isAuthority(authority: string): boolean {
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const bracketed = /^\[[^\]]*\](.*)$/.exec(host);
  const port = bracketed === null ? /(:[^:]*)?$/.exec(host)?.[0] : bracketed[1];
  if (host.startsWith("[") && bracketed === null) return false;
  return /^(?::[0-9]*)?$/.test(port ?? "") && !/[\s<>"]/.test(host);
}

function unescapePath(path: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return undefined;
  return path.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      // Bytes that are no UTF-8: one character a byte keeps them apart.
      return run.replace(/%(..)/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
    }
  });
}
