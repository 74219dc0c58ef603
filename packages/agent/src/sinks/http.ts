import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

import { DeliveryError, type Delivery, type Target } from "./target.ts";

/** One request to a service. */
export interface ServiceRequest {
  readonly url: string;
  /** Default: POST. */
  readonly method?: "POST" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a service is told of alerts, and what its answers mean. */
export interface Service {
  readonly name: string;
  readonly batchSize: number;
  readonly request: (batch: readonly Delivery[]) => ServiceRequest;
  /** Looks into the body of an answer that says success; throws when it tells of a failure nevertheless. */
  readonly judge?: (body: string) => void;
}

/** How connections are made. */
export interface HttpOptions {
  /** Certificate of the client with its key, and authorities to trust, as PEM. */
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  /** Takes any certificate of the server. */
  readonly insecure?: boolean;
  /** Compresses bodies with gzip. */
  readonly compress?: boolean;
}

const MOST_ANSWER_BYTES = 64 * 1024;

/**
 * A service over HTTP or HTTPS. Answers of 429 and from 500 on, and connections that fail, are tried again (`Retry-After` is
 * heeded); all other refusals are final. Connections are kept open between deliveries.
 */
export function httpTarget(service: Service, options: HttpOptions = {}): Target {
  const { cert, key, ca, insecure = false, compress = false } = options;
  const keepAlive = { keepAlive: true, maxSockets: 2 };
  const http = new HttpAgent(keepAlive);
  const https = new HttpsAgent({ ...keepAlive, cert, key, ca, rejectUnauthorized: !insecure });
  return {
    name: service.name,
    batchSize: service.batchSize,
    send: async (batch, signal) => {
      const request = service.request(batch);
      const secure = request.url.startsWith("https:");
      const body = compress
        ? await promisify(gzip)(request.body)
        : Buffer.from(request.body, "utf8");
      const headers = {
        "user-agent": "ocelli",
        ...request.headers,
        ...(compress ? { "content-encoding": "gzip" } : {}),
        "content-length": String(body.length),
      };
      const { status, retryAfterMs, text } = await exchange(
        secure ? httpsRequest : httpRequest,
        request.url,
        { method: request.method ?? "POST", headers, agent: secure ? https : http, signal },
        body,
      );
      if (status >= 200 && status < 300) {
        service.judge?.(text);
        return;
      }
      const mayRetry = status === 429 || status === 408 || status >= 500;
      const reason = text === "" ? "" : `: ${text.slice(0, 200).replaceAll(/\s+/g, " ")}`;
      throw new DeliveryError(`answer ${status}${reason}`, mayRetry, retryAfterMs);
    },
    close: async () => {
      http.destroy();
      https.destroy();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly text: string;
}

async function exchange(
  request: typeof httpRequest,
  url: string,
  options: Parameters<typeof httpRequest>[1] & object,
  body: Uint8Array,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(new DeliveryError(error.message, true));
    };
    const sending = request(url, options, (answer) => {
      readAnswer(answer).then(resolve, fail);
    });
    sending.on("error", fail);
    sending.end(body);
  });
}

async function readAnswer(answer: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    // Nothing sets an encoding, so that chunks are buffers.
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size <= MOST_ANSWER_BYTES) chunks.push(bytes);
  }
  return {
    status: answer.statusCode ?? 0,
    retryAfterMs: retryAfter(answer.headers["retry-after"]),
    text: Buffer.concat(chunks).toString("utf8"),
  };
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); at most an hour is believed. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 3_600_000);
}
