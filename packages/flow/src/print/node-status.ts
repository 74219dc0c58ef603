import { quoteGo } from "../go/quote.ts";
import { NodeState, NodeStateSchema, type NodeStatusEvent } from "../proto/relay.gen.ts";
import { enumName } from "../text/enum-name.ts";

// Names of nodes are listed up to this length.
const LONGEST = 50;

/** What a relay says about its nodes, as `hubble` prints it on standard error. */
export function nodeStatusText(
  status: NodeStatusEvent,
  { when, relay, dict }: { readonly when: string; readonly relay: string; readonly dict: boolean },
): string {
  const { nodeNames, message, stateChange } = status;
  const names = joinNames(nodeNames);
  const state = enumName(NodeStateSchema, stateChange);
  if (dict) {
    const entries = [
      ["TIMESTAMP", when],
      ["STATE", state],
      ["NODES", names],
      ["MESSAGE", message === "" ? "N/A" : quoteGo(message)],
    ] as const;
    return entries.map(([name, value]) => `${name.padStart(11)}: ${value}\n`).join("");
  }
  const count = `${nodeNames.length} nodes`;
  const text = ((): string => {
    switch (stateChange) {
      case NodeState.NODE_CONNECTED:
        return `Receiving flows from ${count}: ${names}`;
      case NodeState.NODE_UNAVAILABLE:
        return `${count} are unavailable: ${names}`;
      case NodeState.NODE_GONE:
        return `${count} removed from cluster: ${names}`;
      case NodeState.NODE_ERROR:
        return `Error ${quoteGo(message)} on ${count}: ${names}`;
      default:
        return `unknown node status event: ${state} ${names}`;
    }
  })();
  return `${when} [${relay}]: ${text}\n`;
}

/** Names joined by commas, cut after 50 characters but never before the first. */
function joinNames(names: readonly string[]): string {
  let length = 0;
  let shown = names.length;
  for (const [index, name] of names.entries()) {
    length += name.length + 2;
    if (length > LONGEST && index > 0) {
      shown = index;
      break;
    }
  }
  const joined = names.slice(0, shown).join(", ");
  return shown === names.length ? joined : `${joined} (and ${names.length - shown} more)`;
}
