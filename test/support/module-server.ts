import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { stripTypeScriptTypes } from "node:module";

const root = join(import.meta.dirname, "../..");

/** A server of the repository's own modules for a browser. */
export interface ModuleServer extends AsyncDisposable {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[];
}

/**
 * Serves TypeScript modules of the repository as JavaScript, types taken off, and a page that runs one of them. Packages are found
 * by their names through an import map, so that anything else, a module of Node first, cannot be loaded.
 */
export async function serveModules(
  script: string,
  packages: readonly string[],
): Promise<ModuleServer> {
  const asked: string[] = [];
  const imports = Object.fromEntries(
    packages.map((name) => [`@ocelli/${name}`, `/packages/${name}/src/index.ts`]),
  );
  const page = `<!doctype html><title>vm</title><script type="importmap">${JSON.stringify({ imports })}</script><script type="module" src="/${script}"></script>`;
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://host").pathname;
    if (path === "/") {
      response.setHeader("content-type", "text/html").end(page);
      return;
    }
    const file = join(root, path);
    if (!path.endsWith(".ts") || path.includes("..") || !existsSync(file)) {
      response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
      return;
    }
    asked.push(path);
    response
      .setHeader("content-type", "text/javascript")
      .end(stripTypeScriptTypes(readFileSync(file, "utf8")));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
