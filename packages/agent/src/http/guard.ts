import type { IncomingMessage } from "node:http";

/**
 * Why a request is refused; undefined when it is the page's own, or of a tool without a browser. A server on loopback is
 * reachable by every page that the browser shows: such requests carry a foreign origin, or, after a name was bound to
 * 127.0.0.1, a foreign host.
 */
export function refusalOf(
  request: Pick<IncomingMessage, "headers" | "method">,
  port: number,
): string | undefined {
  const { headers, method } = request;
  if (method !== "GET" && method !== "HEAD") return "Only GET and HEAD are served";
  const own = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  if (!own.includes(headers.host ?? "")) return "The host is none of this server's names";
  const { origin } = headers;
  if (origin !== undefined && !own.some((one) => origin === `http://${one}`))
    return "The request comes from another site";
  const site = headers["sec-fetch-site"];
  if (site === "cross-site" || site === "same-site") {
    // Following a link to the page is fine; reading it from another page is not.
    const isNavigation =
      headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
    if (!isNavigation) return "The request comes from another site";
  }
  return undefined;
}

/** Headers of every answer: nothing is loaded from elsewhere, nothing may frame the page. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
