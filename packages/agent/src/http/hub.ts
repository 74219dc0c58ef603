import type { ServerResponse } from "node:http";

/** Bytes that may wait for one page before batches are left out. */
const MOST_WAITING = 4 << 20;

/** The pages that listen. A slow one holds nobody up: what it cannot take is left out and counted. */
export class Hub implements Disposable {
  readonly #responses = new Set<ServerResponse>();
  #dropped = 0;

  /** How many listen. */
  get size(): number {
    return this.#responses.size;
  }

  /** Messages that were left out so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Lets a page listen until it closes the connection. */
  add(response: ServerResponse): void {
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    response.write(": hello\n\n");
    this.#responses.add(response);
    response.on("close", () => this.#responses.delete(response));
    response.on("error", () => this.#responses.delete(response));
  }

  /** Sends a message, JSON without line breaks, to all. */
  send(name: string, json: string): void {
    const text = `event: ${name}\ndata: ${json}\n\n`;
    for (const response of this.#responses) {
      if (response.writableLength > MOST_WAITING) this.#dropped += 1;
      else response.write(text);
    }
  }

  /** Ends every stream. */
  [Symbol.dispose](): void {
    for (const response of this.#responses) response.end();
    this.#responses.clear();
  }
}
