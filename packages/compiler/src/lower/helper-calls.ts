import type { Helper } from "@ocelli/bpf";

import { sizeOfLayout } from "../author/layout.ts";
import type { Expression } from "../parse/ast.ts";
import type { IntType, Type } from "../types/type.ts";
import { binary, reverseBytes } from "./arithmetic.ts";
import { toType, toTyped } from "./convert.ts";
import { callCore } from "./core-calls.ts";
import { formatText } from "./format-text.ts";
import { hold } from "./hold.ts";
import { addrOf, kernelStruct } from "./kernel-casts.ts";
import type { Lowerer } from "./lowerer.ts";
import { buffer } from "./map-parts.ts";
import { HELPER_FUNCTIONS } from "./helper-table.ts";
import { callByTable } from "./table-calls.ts";
import { readUser, readUserAs, sliceBuffer, userPtr } from "./memory-calls.ts";
import { stackPlace } from "./memory.ts";
import { FAILED, type Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };

const u32: IntType = { kind: "int", bits: 32, signed: false };
const i32: IntType = { kind: "int", bits: 32, signed: true };

/** Lowers a call of a helper. */
export function callHelper(
  low: Lowerer,
  name: string,
  node: Call,
  expected: Type | undefined,
): Operand {
  const { builder } = low;
  builder.span = node.span;
  switch (name) {
    case "pid":
      return upperHalf(low, "get_current_pid_tgid");
    case "gid":
      return upperHalf(low, "get_current_uid_gid");
    case "currentTask":
    case "currentTaskBtf":
      return currentTask(low, name, node);
    case "snprintf":
      return snprintf(low, node);
    case "currentComm":
      return currentComm(low, expected);
    case "readUserStr":
      return readUserStr(low, node);
    case "exists":
    case "typeExists":
    case "typeSize":
    case "enumExists":
    case "enumValue":
      return callCore(low, name, node);
    case "addrOf":
      return addrOf(low, node);
    case "kernelStruct":
      return kernelStruct(low, node);
    case "userPtr":
      return userPtr(low, node);
    case "slice":
      return sliceBuffer(low, node);
    case "readUser":
      return readUser(low, node);
    case "readUserAs":
      return readUserAs(low, node);
    case "printk":
      return printk(low, node);
    case "ntohs":
    case "ntohl":
    case "htons":
    case "htonl":
      return turnRound(low, name, node);
    case "idiv": {
      const [left, right] = node.args;
      if (left === undefined || right === undefined) return missing(low, name, node);
      const first = hold(low, low.expression(left));
      const second = low.expression(right);
      return binary(low, "/", first(), second, node.span, true);
    }
    default: {
      const row = HELPER_FUNCTIONS[name];
      if (row !== undefined) return callByTable(low, name, row, node);
      return low.refuse(
        "no-helper",
        node.span,
        `Cannot call ${name}() in a program: it makes constants of a module`,
        "Call it at the module's top level",
      );
    }
  }
}

function missing(low: Lowerer, name: string, node: Call): Operand {
  return low.refuse(
    "missing-argument",
    node.span,
    `Cannot call ${name}(): an argument is missing`,
    "Give all arguments that the editor shows",
  );
}

function upperHalf({ builder }: Lowerer, helper: Helper): Operand {
  const value = builder.arithmetic("shr", 64, builder.call(helper), builder.constant(32n));
  return { kind: "value", type: u32, value };
}

function currentTask(low: Lowerer, name: string, node: Call): Operand {
  const [typeId] = low.kernel?.idsByName("task_struct", "struct") ?? [];
  if (typeId === undefined)
    return low.refuse(
      "no-kernel-types",
      node.span,
      `Cannot type ${name}(): no kernel BTF was given`,
      "Compile where /sys/kernel/btf/vmlinux is, or name a BTF file",
    );
  const direct = name === "currentTaskBtf";
  const value = low.builder.call(direct ? "get_current_task_btf" : "get_current_task");
  const access = direct ? "direct" : "probe";
  return { kind: "value", type: { kind: "kernel", struct: "task_struct", typeId, access }, value };
}

function snprintf(low: Lowerer, node: Call): Operand {
  const [into, text] = node.args;
  if (into === undefined || text === undefined) return missing(low, "snprintf", node);
  const held = hold(low, low.expression(into));
  const formatted = formatText(low, text, node, 12);
  const target = buffer(low, held());
  if (formatted === undefined) return FAILED;
  if (target === undefined)
    return low.refuse(
      "no-buffer",
      into.span,
      "Cannot write text here: this is no string buffer",
      "Name a member of type char(n)",
    );
  const { builder } = low;
  const { format, values } = formatted;
  const data = values.length === 0 ? builder.constant(0n) : builder.slot(values.length * 8);
  values.forEach((value, index) => builder.store(8, data, index * 8, value));
  const written = builder.call(
    "snprintf",
    target.address,
    builder.constant(BigInt(target.size)),
    format,
    data,
    builder.constant(BigInt(values.length * 8)),
  );
  return { kind: "value", type: i32, value: builder.extend(true, 32, written) };
}

function currentComm(low: Lowerer, expected: Type | undefined): Operand {
  const layout =
    expected?.kind === "reference" && expected.layout.kind === "char"
      ? expected.layout
      : ({ kind: "char", length: 16 } as const);
  const place = stackPlace(low, layout);
  const { builder } = low;
  builder.call("get_current_comm", place.base, builder.constant(BigInt(sizeOfLayout(layout))));
  return place;
}

function readUserStr(low: Lowerer, node: Call): Operand {
  const [into, from] = node.args;
  if (into === undefined || from === undefined) return missing(low, "readUserStr", node);
  const target = low.expression(into);
  const held = hold(low, target);
  const address = toTyped(low, low.expression(from), from.span);
  const now = held();
  const place = buffer(low, now);
  if (address === undefined) return FAILED;
  if (place === undefined)
    return low.refuse(
      "no-buffer",
      into.span,
      "Cannot copy a string here: this is no string buffer",
      "Name a member of type char(n)",
    );
  if (address.type.kind !== "address" || address.type.space !== "user")
    return low.refuse(
      "no-user-pointer",
      from.span,
      "Cannot copy a string from here: this is no address in user space",
      "Give a UserPtr, such as a system call's argument",
    );
  const { builder } = low;
  builder.span = node.span;
  const result = builder.call(
    "probe_read_user_str",
    place.address,
    builder.constant(BigInt(place.size)),
    address.value,
  );
  return { kind: "value", type: i32, value: builder.extend(true, 32, result) };
}

function printk(low: Lowerer, node: Call): Operand {
  const text = formatText(low, node.args[0], node, 3);
  if (text === undefined) return FAILED;
  const { format, size, values } = text;
  low.builder.call("trace_printk", format, low.builder.constant(BigInt(size)), ...values);
  return { kind: "void" };
}

function turnRound(low: Lowerer, name: "ntohs" | "ntohl" | "htons" | "htonl", node: Call): Operand {
  const [argument] = node.args;
  if (argument === undefined) return missing(low, name, node);
  const bits = name.endsWith("s") ? 16 : 32;
  const host: IntType = { kind: "int", bits, signed: false };
  const network: Type = { kind: "be", bits };
  const [from, to] = name.startsWith("n") ? ([network, host] as const) : ([host, network] as const);
  const value = toType(low, low.expression(argument, from), from, argument.span);
  if (value === undefined) return FAILED;
  low.builder.span = node.span;
  const known = low.builder.constantOf(value);
  if (known !== undefined)
    return { kind: "value", type: to, value: low.builder.constant(reverseBytes(known, bits)) };
  return { kind: "value", type: to, value: low.builder.emit({ op: "swap", bits, value }) };
}
