import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";

import { openKernel, setInterfaceUp } from "@ocelli/linux";

import { listed } from "./feature-list.ts";

const CLONE_NEWNET = 0x40000000;

/** Moves this process's main thread into a network namespace of its own, whose `lo` nobody else uses. */
export function isolateNetwork(): void {
  if (listed !== undefined || process.platform !== "linux" || process.getuid?.() !== 0) return;
  const kernel = openKernel();
  if (kernel.syscall("unshare", CLONE_NEWNET) !== 0)
    throw new Error("Cannot move into a network namespace of one's own");
  setInterfaceUp(kernel, "lo", true);
}

/** A datagram socket and what it received. */
export interface Receiver extends AsyncDisposable {
  readonly socket: Socket;
  readonly port: number;
  readonly received: string[];
}

/** A datagram socket bound to a free port of this machine, that notes down what comes. */
export async function receiver(options: { readonly reusePort?: number } = {}): Promise<Receiver> {
  const { reusePort } = options;
  const socket = createSocket({ type: "udp4", reusePort: reusePort !== undefined });
  socket.bind(reusePort ?? 0, "127.0.0.1");
  await once(socket, "listening");
  const received: string[] = [];
  socket.on("message", (message) => received.push(message.toString("latin1")));
  return {
    socket,
    port: socket.address().port,
    received,
    [Symbol.asyncDispose]: () => closed(socket),
  };
}

async function closed(socket: Socket): Promise<void> {
  socket.close();
  await once(socket, "close");
}

/** Sends datagrams to this machine one after the other and waits until they came, or did not. Gives the errors' codes. */
export async function send(port: number, ...messages: string[]): Promise<string[]> {
  return await sendTo("127.0.0.1", port, ...messages);
}

/** Sends datagrams to an address, as `send()` does. */
export async function sendTo(host: string, port: number, ...messages: string[]): Promise<string[]> {
  const socket = createSocket("udp4");
  const errors: string[] = [];
  for (const message of messages) {
    await new Promise<void>((resolve) => {
      socket.send(message, port, host, (error) => {
        if (error !== null && "code" in error) errors.push(String(error.code));
        resolve();
      });
    });
  }
  await pause(process.env["OCELLI_GUEST"] === undefined ? 25 : 100);
  await closed(socket);
  return errors;
}

/** Waits, while the event loop turns. */
export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** The descriptor of the socket that was made last: Node does not tell it. */
export function newestSocket(): number {
  const sockets = readdirSync("/proc/self/fd").map(Number).filter(isSocket);
  return Math.max(...sockets);
}

function isSocket(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
  } catch {
    return false;
  }
}

/** A port number as the programs' variable holds it. */
export function portBytes(port: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(port).buffer);
}
