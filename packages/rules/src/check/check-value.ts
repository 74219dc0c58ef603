import { isEventName, type FieldType } from "@ocelli/event";

import { isIpv4, isIpv6, networkProblem } from "./address.ts";
import { serviceByName } from "./services.ts";

/** What is wrong with a text as a value of a type: Falco's sentence and ours on what would be right. */
export interface ValueProblem {
  readonly message: string;
  readonly hint: string;
}

/** Checks a value against the type of the field it is compared with. */
export function valueProblem(type: FieldType, text: string): ValueProblem | undefined {
  switch (type) {
    case "text":
    case "dynamic":
      return undefined;
    case "bytes":
      return undefined;
    case "bool":
      return /^(?:true|false)$/i.test(text)
        ? undefined
        : {
            message: `filter error: unrecognized boolean value ${text}`,
            hint: 'Write "true" or "false"',
          };
    case "ip":
      if (isIpv4(text) || isIpv6(text)) return undefined;
      return {
        message: `unrecognized ${text.includes(":") ? "IPv6" : "IPv4"} address ${text}`,
        hint: "Write one address; for networks use fd.net, fd.snet and their like",
      };
    case "net": {
      const message = networkProblem(text);
      return message === undefined
        ? undefined
        : { message, hint: "Write address/bits; for one address use fd.ip, fd.sip and their like" };
    }
    case "port":
      if (/^\d+$/.test(text) ? Number(text) < 65536 : serviceByName(text) !== undefined)
        return undefined;
      return {
        message: `unrecognized protocol ${text}`,
        hint: "Write a port number from 0 to 65535",
      };
    case "double":
      return /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$/.test(text) ? undefined : notANumber(text);
    default:
      return /^[+-]?\d+$/.test(text) ? undefined : notANumber(text);
  }
}

/** Checks a text against the names of events. */
export function eventNameProblem(text: string): ValueProblem | undefined {
  if (isEventName(text)) return undefined;
  return {
    message: `unknown event type ${text}`,
    hint: "Write the whole name of an event, such as openat or execve",
  };
}

function notANumber(text: string): ValueProblem {
  return {
    message: `${text} is not a valid number`,
    hint: "Write decimal digits; hexadecimal numbers are not taken",
  };
}
