import type { TypedPositionalParameters } from "@stricli/core";

import type { CliContext } from "../context.ts";

/** Rule files or folders, at least one. */
export const ruleFiles: TypedPositionalParameters<string[], CliContext> = {
  kind: "array",
  parameter: { parse: String, placeholder: "FILE", brief: "Rule file, or a folder of them" },
  minimum: 1,
};
