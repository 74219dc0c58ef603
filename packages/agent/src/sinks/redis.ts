import { connect, type Socket } from "node:net";

import type { Writer } from "./streams.ts";
import { DeliveryError, type Target } from "./target.ts";

/** Where a Redis server is, and the list or stream that alerts go to. */
export interface RedisOptions {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly password?: string;
  /** `list` appends with RPUSH, `stream` with XADD in a field `alert`. Default: `list`. */
  readonly kind?: "list" | "stream";
}

/** A Redis server (RESP2 over TCP); a batch goes as one pipeline, and counts when the server took all of it. */
export function redisTarget(options: RedisOptions, write: Writer): Target {
  const { host, port, key, password, kind = "list" } = options;
  let socket: Socket | undefined;
  const connected = async (signal: AbortSignal): Promise<Socket> => {
    if (socket !== undefined && !socket.destroyed) return socket;
    const fresh = connect({ host, port });
    fresh.on("error", () => {});
    await new Promise<void>((resolve, reject) => {
      fresh.once("connect", () => resolve());
      fresh.once("close", () => reject(new DeliveryError("the connection was closed", true)));
      signal.addEventListener("abort", () => fresh.destroy(), { once: true });
    });
    if (password !== undefined) await ask(fresh, encode(["AUTH", password]), 1, signal);
    socket = fresh;
    return fresh;
  };
  return {
    name: `redis ${host}:${port}`,
    batchSize: 200,
    send: async (batch, signal) => {
      const open = await connected(signal);
      const texts = batch.map((delivery) => write(delivery));
      const commands =
        kind === "list"
          ? [encode(["RPUSH", key, ...texts])]
          : texts.map((text) => encode(["XADD", key, "*", "alert", text]));
      try {
        await ask(open, Buffer.concat(commands), commands.length, signal);
      } catch (error) {
        open.destroy();
        throw error;
      }
    },
    close: async () => {
      socket?.end();
      socket = undefined;
    },
  };
}

/** A command as an array of bulk strings. */
function encode(words: readonly string[]): Buffer {
  const parts = words.map((word) => {
    const bytes = Buffer.from(word, "utf8");
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")]);
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

/** Sends commands and waits for as many answers; an answer that begins with `-` is a refusal. */
async function ask(
  socket: Socket,
  commands: Buffer,
  answers: number,
  signal: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let text = "";
    const end = (error?: Error): void => {
      socket.off("data", take);
      socket.off("close", lost);
      signal.removeEventListener("abort", lost);
      if (error === undefined) resolve();
      else reject(error);
    };
    const lost = (): void => {
      end(new DeliveryError("the connection was closed", true));
    };
    const take = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      const lines = text.split("\r\n").slice(0, -1);
      const refusal = lines.find((line) => line.startsWith("-"));
      // A busy or loading server takes alerts later; a wrong password or kind of key does not change.
      if (refusal !== undefined)
        end(
          new DeliveryError(
            refusal.slice(1),
            /^-(?:BUSY|LOADING|OOM|READONLY|TRYAGAIN)/.test(refusal),
          ),
        );
      // Ids of streams come as bulk strings: a length and then the text.
      else if (lines.filter((line) => /^[+:$]/.test(line)).length >= answers) {
        if (!lines.at(-1)?.startsWith("$")) end();
      }
    };
    socket.on("data", take);
    socket.on("close", lost);
    signal.addEventListener("abort", lost);
    socket.write(commands);
  });
}
