import { callByNumber, type CallDescription, type CallParameter } from "./call-table.ts";

// struct call_recipe, 22 bytes:
//   0  u16     wanted
//   2  u8[6]   kind of data per argument
//   8  u16[6]  most bytes per argument
//  20  u8      extra: what the kernel itself knows
//  21  u8      the argument that holds the descriptor for that
/** Bytes of one recipe in the probe's `recipes`. */
export const RECIPE_BYTES = 22;

const EXTRA = { none: 0, opened: 1, file: 2, folder: 3, socket: 4, accepted: 5 } as const;
const NO_DESCRIPTOR = 7;
const OPENS = /^(?:open|openat|openat2|creat|open_by_handle_at|open_tree)$/;
const SOCKETS = /^(?:connect|bind|listen|shutdown|sendto)$/;

const KIND = { none: 0, text: 1, fixed: 2, sizedByNext: 3, sizedByPointer: 4, texts: 5 } as const;
/** sizeof(struct sockaddr_storage) */
const ADDRESS_BYTES = 128;

/** What the probe is told of a call: that it is wanted, and what its arguments point to. */
export function encodeRecipe(number: number): Uint8Array {
  const bytes = new Uint8Array(RECIPE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 1, true);
  const call = callByNumber(number);
  bytes.set(extraOf(call), 20);
  for (const parameter of call?.parameters ?? []) {
    const { argument } = parameter;
    if (argument === undefined || call === undefined) continue;
    const [kind, size] = dataOf(call, parameter);
    if (kind === KIND.none) continue;
    bytes[2 + argument] = kind;
    const at = 8 + argument * 2;
    view.setUint16(at, Math.max(view.getUint16(at, true), size), true);
  }
  return bytes;
}

function dataOf(
  { name }: CallDescription,
  { format, member }: CallParameter,
): readonly [kind: number, size: number] {
  if (member !== undefined) return [KIND.fixed, member.offset + member.size];
  switch (format) {
    case "path":
    case "text":
      return [KIND.text, 0];
    case "texts":
      return [KIND.texts, 0];
    case "address":
      // accept() gives the length back where it was pointed to.
      return name.startsWith("accept")
        ? [KIND.sizedByPointer, ADDRESS_BYTES]
        : [KIND.sizedByNext, ADDRESS_BYTES];
    default:
      return [KIND.none, 0];
  }
}

/** Which file or socket the kernel is asked about, and where its descriptor is. */
function extraOf(call: CallDescription | undefined): readonly [extra: number, descriptor: number] {
  if (call === undefined) return [EXTRA.none, NO_DESCRIPTOR];
  const { name, parameters } = call;
  const descriptor =
    parameters.find(({ format, argument }) => format === "fd" && argument !== undefined)
      ?.argument ?? NO_DESCRIPTOR;
  if (OPENS.test(name)) return [EXTRA.opened, descriptor];
  if (name === "chdir" || name === "fchdir") return [EXTRA.folder, NO_DESCRIPTOR];
  if (SOCKETS.test(name)) return [EXTRA.socket, descriptor];
  if (name === "accept" || name === "accept4") return [EXTRA.accepted, NO_DESCRIPTOR];
  const hasPath = parameters.some(({ format }) => format === "path");
  const aboutFile = hasPath || /^(?:fchmod|fchown|finit_module|setns)$/.test(name);
  return descriptor <= 3 && aboutFile ? [EXTRA.file, descriptor] : [EXTRA.none, NO_DESCRIPTOR];
}
