/** A file, folder or symbolic link of an archive. Paths have no leading slash. */
export type CpioEntry =
  | {
      readonly kind: "file";
      readonly path: string;
      readonly bytes: Uint8Array;
      readonly executable?: boolean;
    }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

// Header of the "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst): the magic, then thirteen
// numbers of eight hexadecimal digits; name and data are padded to four bytes.
//   ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
const MAGIC = "070701";

function record(path: string, mode: number, links: number, bytes: Uint8Array): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  const numbers = [0, mode, 0, 0, links, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
  const header = MAGIC + numbers.map((value) => value.toString(16).padStart(8, "0")).join("");
  const headSize = header.length + name.length;
  return [
    Buffer.from(header),
    name,
    new Uint8Array(-headSize & 3),
    bytes,
    new Uint8Array(-bytes.length & 3),
  ];
}

const NOTHING = new Uint8Array(0);

/**
 * An uncompressed archive that the kernel unpacks as initramfs, in chunks. Folders above the entries are made. Archives
 * can be concatenated. Not compressed on purpose: unpacking costs the guest more time than reading.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Uint8Array[] {
  const folders = new Set<string>();
  const chunks: Uint8Array[] = [];
  for (const entry of entries) {
    const parts = entry.path.split("/");
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join("/");
      if (folders.has(folder)) continue;
      folders.add(folder);
      chunks.push(...record(folder, 0o040755, 2, NOTHING));
    }
    if (entry.kind === "link") {
      chunks.push(...record(entry.path, 0o120777, 1, Buffer.from(entry.target)));
    } else {
      const mode = entry.executable === true ? 0o100755 : 0o100644;
      chunks.push(...record(entry.path, mode, 1, entry.bytes));
    }
  }
  chunks.push(...record("TRAILER!!!", 0, 1, NOTHING));
  return chunks;
}
