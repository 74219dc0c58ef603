// `node --import @ocelli/load/register app.ts`: .bpf.ts modules of the whole process can be loaded into the kernel.
import { registerProgramModules } from "./hook.ts";

registerProgramModules();
