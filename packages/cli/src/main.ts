#!/usr/bin/env -S node --conditions=development
import { enableOwnCompileCache } from "./compile-cache.ts";

// Static imports would be compiled before the cache is there.
enableOwnCompileCache();
await import("./run.ts");
