import { connect, type Socket } from "node:net";

import type { Writer } from "./streams.ts";
import { DeliveryError, type Target } from "./target.ts";

/** Where a NATS server is. The rule and priority are put into the subject: `{rule}` and `{priority}` in small letters. */
export interface NatsOptions {
  readonly host: string;
  readonly port: number;
  readonly subject: string;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
}

/** A NATS server (its text protocol over TCP). A batch counts when the server has answered the PING behind it. */
export function natsTarget(options: NatsOptions, write: Writer): Target {
  const { host, port, subject } = options;
  let socket: Socket | undefined;
  const connected = async (signal: AbortSignal): Promise<Socket> => {
    if (socket !== undefined && !socket.destroyed) return socket;
    const fresh = connect({ host, port });
    fresh.on("error", () => {});
    signal.addEventListener("abort", () => fresh.destroy(), { once: true });
    await waitFor(fresh, "INFO ", signal);
    const { user, password: pass, token: auth_token } = options;
    const login = {
      verbose: false,
      pedantic: false,
      lang: "js",
      version: "1",
      user,
      pass,
      auth_token,
    };
    await waitFor(fresh, "PONG", signal, `CONNECT ${JSON.stringify(login)}\r\nPING\r\n`);
    // The server asks whether we are there.
    fresh.on("data", (chunk: Buffer) => {
      if (chunk.toString("latin1").includes("PING\r\n")) fresh.write("PONG\r\n");
    });
    socket = fresh;
    return fresh;
  };
  return {
    name: `nats ${host}:${port}`,
    batchSize: 200,
    send: async (batch, signal) => {
      const open = await connected(signal);
      const messages = batch.map((delivery) => {
        const body = Buffer.from(write(delivery), "utf8");
        const { rule, priority } = delivery.alert;
        const to = subject
          .replaceAll("{rule}", subjectPart(rule))
          .replaceAll("{priority}", subjectPart(priority));
        return Buffer.concat([
          Buffer.from(`PUB ${to} ${body.length}\r\n`),
          body,
          Buffer.from("\r\n"),
        ]);
      });
      await waitFor(open, "PONG", signal, Buffer.concat([...messages, Buffer.from("PING\r\n")]));
    },
    close: async () => {
      socket?.end();
      socket = undefined;
    },
  };
}

/** Blanks, dots and wildcards have a meaning in subjects. */
function subjectPart(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, "_");
}

/** Sends something and waits for a line that begins with a word. */
async function waitFor(
  socket: Socket,
  word: string,
  signal: AbortSignal,
  send?: string | Buffer,
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
      for (const line of text.split("\r\n").slice(0, -1)) {
        if (line.startsWith("-ERR")) {
          socket.destroy();
          end(new DeliveryError(line.slice(5), !/auth|permission|subject/i.test(line)));
          return;
        }
        if (line.startsWith(word)) {
          end();
          return;
        }
      }
    };
    socket.on("data", take);
    socket.on("close", lost);
    signal.addEventListener("abort", lost);
    if (send !== undefined) socket.write(send);
  });
}
