export { systemCallName, type Architecture } from "./system-calls.ts";
