import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";

interface NoFlags {
  readonly [name: string]: never;
}

/** `ocelli observe …`: its words reach it as they are, see run.ts. */
export const observeCommand: Command<CliContext> = buildCommand<NoFlags, string[], CliContext>({
  loader: async () => {
    const { observe } = await import("./observe.ts");
    return withContext((context, _flags, ...words: readonly string[]) => observe(context, words));
  },
  parameters: {
    flags: {},
    positional: {
      kind: "array",
      parameter: { brief: "Flags of hubble observe", parse: String, placeholder: "flag" },
    },
  },
  docs: {
    brief: "Show flows of a Hubble server or an export, with hubble's flags",
    fullDescription: [
      "Takes the flags of `hubble observe` and prints what it prints.",
      "",
      "SELECT    --last N, --first N, --all, --since T, --until T, --follow (-f)",
      "FILTER    --pod, --namespace (-n), --label (-l), --ip, --fqdn, --port, --service, --workload, --identity, each with",
      "          from- and to-; --type (-t), --verdict, --protocol, --tcp-flags, --http-status, --http-method, --http-path,",
      "          --http-url, --http-header, --drop-reason-desc, --node-name, --node-label, --interface, --trace-id,",
      "          --traffic-direction, --encrypted, --unencrypted, --cel-expression; --not before a filter reverses it;",
      "          --allowlist JSON, --denylist JSON; --print-raw-filters",
      "PRINT     --output (-o) compact, dict, json, table; --json; --time-format, --print-node-name, --print-policy-names,",
      "          --numeric, --ip-translation=false, --color, --field-mask; --hubble-version 1.19",
      "SOURCE    --server HOST:PORT or unix:///PATH (default localhost:4245), --tls, --tls-ca-cert-files,",
      "          --tls-client-cert-file, --tls-client-key-file, --tls-server-name, --tls-allow-insecure;",
      "          --input-file FILE, - for standard input",
      "",
      "`observe agent-events` and `observe debug-events` show the other events of a server.",
      "",
      "EXAMPLE",
      "  ocelli observe --input-file flows.ndjson --verdict DROPPED --not --from-namespace kube-system",
    ].join("\n"),
  },
});
