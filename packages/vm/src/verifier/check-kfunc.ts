// Calls of kernel functions: those that tools use. Others are refused, whatever the kernel says.
import { resolveType, type Instruction } from "@ocelli/bpf";

import { describeKind, readRegister, type Analysis } from "./analysis.ts";
import { clearAfterCall } from "./check-helper.ts";
import { destroyIterator, newIterator, nextIterator } from "./iterators.ts";
import { acquire, release } from "./references.ts";
import { reject } from "./reject.ts";
import { isConstant, markPrecise, unknownScalar } from "./scalar.ts";
import { mapValues, type State } from "./state.ts";
import type { Store } from "./store.ts";
import { hasFlag, pointerTo, POINTER_FLAG, type Pointer, type Value } from "./value.ts";

/** What becomes of a call of each function that is known. */
type Effect = (analysis: Analysis, state: State, store: Store) => Value | undefined;

/** Follows a call of a kernel function; the state goes on behind it. */
export function checkKfunc(
  analysis: Analysis,
  state: State,
  instruction: Instruction,
  store: Store,
): void {
  const { reference } = instruction;
  const name = reference?.kind === "kfunc" ? reference.name : `number ${instruction.imm}`;
  if (analysis.environment.kfuncs?.has(name) === true)
    return clearAfterCall(state, unknownScalar());
  const effect = EFFECTS.get(name);
  if (effect === undefined)
    return reject(
      "vm-verify-kfunc",
      `Kernel function ${name} is called, which this verifier does not follow`,
      "Verify the program with the kernel",
    );
  if (state.lock !== 0)
    reject("vm-verify-lock", `${name}() is called while a spin lock is held`, "Unlock first");
  const result = effect(analysis, state, store);
  clearAfterCall(state, result ?? unknownScalar());
}

const EFFECTS: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ["bpf_rdonly_cast", rdonlyCast],
  ["bpf_rcu_read_lock", lockRcu],
  ["bpf_rcu_read_unlock", unlockRcu],
  ["bpf_task_from_pid", (analysis, state) => acquired(analysis, state, "task_struct")],
  ["bpf_task_acquire", (analysis, state) => copied(analysis, state, "task_struct")],
  ["bpf_task_release", (_analysis, state) => released(state, "bpf_task_release")],
  ["bpf_cgroup_from_id", (analysis, state) => acquired(analysis, state, "cgroup")],
  ["bpf_cgroup_acquire", (analysis, state) => copied(analysis, state, "cgroup")],
  ["bpf_cgroup_release", (_analysis, state) => released(state, "bpf_cgroup_release")],
  ["bpf_iter_num_new", (_analysis, state) => newIterator(state, "bpf_iter_num", 8, 2)],
  [
    "bpf_iter_num_next",
    (analysis, state, store) => nextIterator(analysis, state, store, "bpf_iter_num", 4),
  ],
  ["bpf_iter_num_destroy", (_analysis, state) => destroyIterator(state, "bpf_iter_num")],
]);

/** A pointer to a kernel struct at any address: reads of it do not fault. */
function rdonlyCast(analysis: Analysis, state: State): Value {
  readRegister(state, 1);
  const id = readRegister(state, 2);
  const { kernel } = analysis.environment;
  if (id.kind === "scalar" && isConstant(id) && kernel !== undefined) {
    markPrecise(id);
    const type = resolveType(kernel, Number(id.value));
    if (type?.type.kind === "struct")
      return pointerTo("btf", { target: type.id, flags: POINTER_FLAG.untrusted });
  }
  return reject(
    "vm-verify-argument",
    "Argument 2 of bpf_rdonly_cast() is not the type id of a struct of the kernel's",
    "Write bpf_core_type_id_kernel(struct …)",
    [2],
  );
}

function lockRcu(_analysis: Analysis, state: State): undefined {
  if (state.rcuDepth > 0)
    reject("vm-verify-lock", "The RCU read lock is taken twice", "Take it once");
  state.rcuDepth += 1;
}

function unlockRcu(_analysis: Analysis, state: State): undefined {
  if (state.rcuDepth === 0)
    reject("vm-verify-lock", "The RCU read lock is released that is not held", "Take it first");
  state.rcuDepth -= 1;
  // What it protected may be gone from now on.
  mapValues(state, (value): Value =>
    value.kind === "pointer" && hasFlag(value, POINTER_FLAG.rcu)
      ? {
          ...value,
          nullable: false,
          flags: (value.flags & ~POINTER_FLAG.rcu) | POINTER_FLAG.untrusted,
        }
      : value,
  );
}

function acquired(analysis: Analysis, state: State, struct: string): Value {
  readRegister(state, 1);
  return owned(analysis, state, struct);
}

function copied(analysis: Analysis, state: State, struct: string): Value {
  trusted(analysis, state, struct);
  return owned(analysis, state, struct);
}

function owned(analysis: Analysis, state: State, struct: string): Pointer {
  const target = analysis.environment.kernel?.idsByName(struct, "struct")[0] ?? 0;
  const reference = acquire(analysis, state, `The ${struct} that was acquired`);
  return pointerTo("btf", {
    target,
    nullable: true,
    id: reference,
    reference,
    flags: POINTER_FLAG.trusted,
  });
}

function trusted({ environment: { kernel } }: Analysis, state: State, struct: string): void {
  const value = readRegister(state, 1);
  const fits =
    value.kind === "pointer" &&
    value.type === "btf" &&
    !value.nullable &&
    value.offset === 0 &&
    kernel?.nameOf(value.target) === struct &&
    (hasFlag(value, POINTER_FLAG.trusted) || value.reference !== 0);
  if (!fits)
    reject(
      "vm-verify-argument",
      `Argument 1 is ${describeKind(value)}: it takes a trusted pointer to struct ${struct}`,
      "Give it what the context or a function that acquires gave",
      [1],
    );
}

function released(state: State, name: string): undefined {
  const value = readRegister(state, 1);
  if (value.kind !== "pointer" || value.reference === 0 || value.nullable || value.offset !== 0)
    return reject(
      "vm-verify-reference",
      `Argument 1 of ${name}() is ${describeKind(value)}, which the program does not hold`,
      "Release what was acquired, once, where it is not null",
      [1],
    );
  release(state, value.reference);
}
