import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Whether its name changes with its content. */
  readonly isImmutable: boolean;
}

/** Reads a file of the page by the path of a request; undefined where there is none, and for paths that lead outside. */
export async function readPageFile(folder: string, path: string): Promise<PageFile | undefined> {
  let wanted: string;
  try {
    wanted = normalize(decodeURIComponent(path));
  } catch {
    return undefined;
  }
  if (wanted.includes("\0") || wanted.split(sep).includes("..")) return undefined;
  const name = wanted === "/" ? "/index.html" : wanted;
  const type = TYPES[extname(name)];
  if (type === undefined) return undefined;
  try {
    return {
      type,
      bytes: await readFile(join(folder, name)),
      isImmutable: name.startsWith("/assets/"),
    };
  } catch {
    return undefined;
  }
}
