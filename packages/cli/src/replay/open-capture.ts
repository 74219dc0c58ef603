import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { constants, createGunzip } from "node:zlib";

import type { ScapReader } from "@ocelli/capture";

import { RefusedError } from "../exit.ts";

const CHUNK = 1 << 20;
// How much is read before other work of the process gets a turn.
const TURN = 16 << 20;

/** How far a capture has been read, in bytes of the file. */
export interface CaptureProgress {
  readonly bytes: number;
  /** Undefined for what is no file, such as a pipe. */
  readonly total: number | undefined;
}

/**
 * Feeds a capture file to `reader`, compressed with gzip or not, `-` for standard input. Gives its progress now and then.
 * Stops early when the reader has found damage or `signal` fires.
 */
export async function* feedCapture(
  path: string,
  reader: ScapReader,
  signal: AbortSignal,
): AsyncGenerator<CaptureProgress> {
  using file = new CaptureFile(path);
  const head = file.read(Buffer.allocUnsafe(2));
  const source = head.length === 2 && head[0] === 0x1f && head[1] === 0x8b ? unzip : plain;
  let turn = 0;
  for await (const bytes of source(file, head, reader)) {
    if (signal.aborted || reader.ended) break;
    turn += bytes;
    if (turn < TURN) continue;
    turn = 0;
    yield { bytes: file.position, total: file.size };
    await setImmediate();
  }
  if (!signal.aborted) reader.end();
}

function* plain(file: CaptureFile, head: Uint8Array, reader: ScapReader): Generator<number> {
  reader.push(head);
  for (;;) {
    const { length } = file.read(reader.room());
    if (length === 0) return;
    reader.filled(length);
    yield length;
  }
}

async function* unzip(
  file: CaptureFile,
  head: Uint8Array,
  reader: ScapReader,
): AsyncGenerator<number> {
  // A compressed file that is cut off gives what it holds; the reader then says that the capture is not whole.
  const gunzip = createGunzip({ chunkSize: CHUNK, finishFlush: constants.Z_SYNC_FLUSH });
  const feed = async (): Promise<void> => {
    gunzip.write(head);
    for (;;) {
      const bytes = file.read(Buffer.allocUnsafe(CHUNK));
      if (bytes.length === 0) break;
      if (!gunzip.write(bytes))
        await new Promise<void>((resume) => {
          gunzip.once("drain", resume);
          gunzip.once("close", resume);
        });
      if (gunzip.destroyed) return;
    }
    gunzip.end();
  };
  const fed = feed();
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      reader.push(chunk);
      yield chunk.length;
    }
  } catch (cause) {
    // zlib's errors say what is wrong with the data.
    const { message } = cause as Error;
    throw new RefusedError(`Cannot decompress "${file.path}" any further: ${message}`);
  } finally {
    gunzip.destroy();
    await fed;
  }
}

class CaptureFile implements Disposable {
  readonly path: string;
  readonly size: number | undefined;
  position = 0;
  readonly #descriptor: number;

  constructor(path: string) {
    this.path = path;
    try {
      this.#descriptor = path === "-" ? 0 : openSync(path, "r");
      const stat = fstatSync(this.#descriptor);
      this.size = stat.isFile() ? stat.size : undefined;
    } catch (cause) {
      // Node's file errors carry a code; the path is in our own sentence already.
      const { code } = cause as NodeJS.ErrnoException;
      const reason = code === "ENOENT" ? "there is no such file" : String(code);
      throw new RefusedError(`Cannot read "${path}": ${reason}`);
    }
  }

  /** Reads to `room`; the part of it that was filled, empty at the end. */
  read(room: Uint8Array): Uint8Array {
    try {
      const length = readSync(this.#descriptor, room);
      this.position += length;
      return room.subarray(0, length);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "EOF") return room.subarray(0, 0);
      throw new RefusedError(
        `Cannot read "${this.path}": ${code === "EISDIR" ? "it is a folder" : String(code)}`,
      );
    }
  }

  [Symbol.dispose](): void {
    if (this.path !== "-") closeSync(this.#descriptor);
  }
}
