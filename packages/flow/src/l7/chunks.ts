/** Bytes of a stream that were not consumed yet, joined only when a reader asks for them. */
export interface ByteQueue {
  readonly push: (chunk: Uint8Array) => void;
  readonly length: () => number;
  /** All bytes held, in one piece. Valid until the next call. */
  readonly peek: () => Uint8Array;
  readonly drop: (count: number) => void;
}

/** An empty queue. Its room doubles when it is full, so that a stream of single bytes costs no more than one piece. */
export function createByteQueue(): ByteQueue {
  let room = new Uint8Array();
  let start = 0;
  let end = 0;
  return {
    push: (chunk) => {
      if (end + chunk.length > room.length) {
        const held = end - start;
        const wanted = held + chunk.length;
        const target = wanted * 2 > room.length ? new Uint8Array(wanted * 2) : room;
        target.set(room.subarray(start, end));
        room = target;
        start = 0;
        end = held;
      }
      room.set(chunk, end);
      end += chunk.length;
    },
    length: () => end - start,
    peek: () => room.subarray(start, end),
    drop: (count) => {
      start += count;
      if (start < end) return;
      room = new Uint8Array();
      start = 0;
      end = 0;
    },
  };
}

/** Bytes as text, one character a byte: how HTTP/1 heads and names are written. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
