import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";

import { PRIORITIES, type Alert } from "@ocelli/rules";

import type { Writer } from "./streams.ts";
import { programTarget } from "./streams.ts";
import { timeText } from "./template.ts";
import { DeliveryError, type Delivery, type Target } from "./target.ts";

/** Where a syslog server is and how it is spoken to. */
export interface SyslogOptions {
  readonly transport: "udp" | "tcp" | "tls";
  readonly host: string;
  readonly port: number;
  readonly hostname: string;
  /** RFC 5424's facility: 1 user-level, 4 security, 16 to 23 local. Default: 4. */
  readonly facility?: number;
  readonly tls?: ConnectionOptions;
}

/** RFC 5424's severity is the place of a priority among ours: Emergency 0 to Debug 7. */
export function syslogSeverity({ priority }: Alert): number {
  return PRIORITIES.indexOf(priority);
}

/**
 * One message as RFC 5424 has it: `<PRI>1 TIME HOST ocelli - RULE - BOM MSG`. The rule is the message id, of which 32
 * printable characters are allowed.
 */
export function syslogMessage(
  delivery: Delivery,
  write: Writer,
  hostname: string,
  facility: number = 4,
): string {
  const { alert } = delivery;
  const priority = facility * 8 + syslogSeverity(alert);
  const id = alert.rule.replaceAll(/[^!-~]+/g, "_").slice(0, 32) || "-";
  const host = hostname.replaceAll(/[^!-~]+/g, "").slice(0, 255) || "-";
  return `<${priority}>1 ${timeText(alert)} ${host} ocelli - ${id} - \uFEFF${write(delivery)}`;
}

/**
 * A syslog server (RFC 5424): one datagram for each alert over UDP (RFC 5426), octet-counted frames over TCP (RFC 6587) and
 * TLS (RFC 5425).
 */
export function syslogTarget(options: SyslogOptions, write: Writer): Target {
  const { transport, host, port, hostname, facility } = options;
  const frame = (delivery: Delivery): Buffer =>
    Buffer.from(syslogMessage(delivery, write, hostname, facility));
  const name = `syslog ${transport}://${host}:${port}`;
  return transport === "udp"
    ? udpTarget(name, host, port, frame)
    : streamSyslog(name, options, frame);
}

/** The local system log, through logger(1) of util-linux, as its socket takes datagrams only. */
export function localSyslogTarget(write: Writer, facility: number = 4): Target {
  const prefixed: Writer = (delivery) => {
    const priority = facility * 8 + syslogSeverity(delivery.alert);
    return `<${priority}>${write(delivery).replaceAll("\n", " ")}`;
  };
  return {
    ...programTarget("exec logger --prio-prefix -t ocelli", prefixed, true),
    name: "syslog",
  };
}

function udpTarget(
  name: string,
  host: string,
  port: number,
  frame: (delivery: Delivery) => Buffer,
): Target {
  let socket: UdpSocket | undefined;
  return {
    name,
    batchSize: 50,
    send: async (batch) => {
      socket ??= createSocket(host.includes(":") ? "udp6" : "udp4").on("error", () => {});
      const open = socket;
      for (const delivery of batch) {
        await new Promise<void>((resolve, reject) => {
          open.send(frame(delivery), port, host, (error) => {
            if (error === null) resolve();
            else reject(new DeliveryError(error.message, true));
          });
        });
      }
    },
    close: async () => {
      socket?.close();
      socket = undefined;
    },
  };
}

function streamSyslog(
  name: string,
  { transport, host, port, tls }: SyslogOptions,
  frame: (delivery: Delivery) => Buffer,
): Target {
  let socket: Socket | undefined;
  const connected = async (signal: AbortSignal): Promise<Socket> => {
    if (socket !== undefined && !socket.destroyed) return socket;
    const fresh =
      transport === "tls" ? connectTls({ ...tls, host, port }) : connect({ host, port });
    const stop = (): void => {
      fresh.destroy();
    };
    signal.addEventListener("abort", stop);
    await new Promise<void>((resolve, reject) => {
      fresh.once(transport === "tls" ? "secureConnect" : "connect", () => resolve());
      fresh.once("error", (error: Error) => reject(new DeliveryError(error.message, true)));
      fresh.once("close", () => reject(new DeliveryError("the connection was closed", true)));
    });
    signal.removeEventListener("abort", stop);
    fresh.on("error", stop);
    socket = fresh;
    return fresh;
  };
  return {
    name,
    batchSize: 100,
    send: async (batch, signal) => {
      const open = await connected(signal);
      const frames = batch.map((delivery) => {
        const message = frame(delivery);
        return Buffer.concat([Buffer.from(`${message.length} `), message]);
      });
      await new Promise<void>((resolve, reject) => {
        open.write(Buffer.concat(frames), (error) => {
          if (error === null || error === undefined) resolve();
          else reject(new DeliveryError(error.message, true));
        });
      });
    },
    close: async () => {
      socket?.end();
      socket = undefined;
    },
  };
}
