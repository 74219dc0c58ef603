import {
  alu64,
  call,
  jumpIf,
  load,
  loadMap,
  mov64,
  R0,
  R1,
  R10,
  R2,
  store,
  type Instruction,
} from "@ocelli/bpf";

/** Adds 1 to this CPU's counter of lost records, then falls through; goes to `end` if there is no counter. */
export function countLoss(end: string): Instruction[] {
  return [
    store("u32", R10, -40, 0),
    mov64(R2, R10),
    alu64("add", R2, -40),
    loadMap(R1, "lost"),
    call("map_lookup_elem"),
    jumpIf(R0, "==", 0, end),
    load("u64", R1, R0, 0),
    alu64("add", R1, 1),
    store("u64", R0, 0, R1),
  ];
}
