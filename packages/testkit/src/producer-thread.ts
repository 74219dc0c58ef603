// Runs in a worker thread: a program, by its descriptor, so many times in rounds.
import { openKernel } from "@ocelli/linux";

import { workerData } from "node:worker_threads";

import { runXdp } from "./xdp-run.ts";

// Sent by runInThread(), of this package.
const { fd, rounds, times } = workerData as { fd: number; rounds: number; times: number };
const kernel = openKernel();
for (let round = 0; round < rounds; round += 1) runXdp(kernel, fd, times);
