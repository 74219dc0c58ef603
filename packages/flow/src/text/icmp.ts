// Names of ICMP messages as gopacket prints them: type, and code in brackets where the type has codes.
// Numbers: RFC 792, RFC 4443, RFC 4861, RFC 4884.

interface IcmpType {
  readonly name: string;
  readonly codes?: readonly (string | undefined)[];
}

const V4: Readonly<Record<number, IcmpType>> = {
  0: { name: "EchoReply" },
  3: {
    name: "DestinationUnreachable",
    codes: [
      "Net",
      "Host",
      "Protocol",
      "Port",
      "FragmentationNeeded",
      "SourceRoutingFailed",
      "NetUnknown",
      "HostUnknown",
      "SourceIsolated",
      "NetAdminProhibited",
      "HostAdminProhibited",
      "NetTOS",
      "HostTOS",
      "CommAdminProhibited",
      "HostPrecedence",
      "PrecedenceCutoff",
    ],
  },
  4: { name: "SourceQuench" },
  5: { name: "Redirect", codes: ["Net", "Host", "TOS+Net", "TOS+Host"] },
  8: { name: "EchoRequest" },
  9: { name: "RouterAdvertisement" },
  10: { name: "RouterSolicitation" },
  11: { name: "TimeExceeded", codes: ["TTLExceeded", "FragmentReassemblyTimeExceeded"] },
  12: { name: "ParameterProblem", codes: ["PointerIndicatesError", "MissingOption", "BadLength"] },
  13: { name: "TimestampRequest" },
  14: { name: "TimestampReply" },
  15: { name: "InfoRequest" },
  16: { name: "InfoReply" },
  17: { name: "AddressMaskRequest" },
  18: { name: "AddressMaskReply" },
};

const V6: Readonly<Record<number, IcmpType>> = {
  1: {
    name: "DestinationUnreachable",
    codes: [
      "NoRouteToDst",
      "AdminProhibited",
      "BeyondScopeOfSrc",
      "AddressUnreachable",
      "PortUnreachable",
      "SrcAddressFailedPolicy",
      "RejectRouteToDst",
    ],
  },
  2: { name: "PacketTooBig" },
  3: { name: "TimeExceeded", codes: ["HopLimitExceeded", "FragmentReassemblyTimeExceeded"] },
  4: {
    name: "ParameterProblem",
    codes: ["ErroneousHeader", "UnrecognizedNextHeader", "UnrecognizedIPv6Option"],
  },
  128: { name: "EchoRequest" },
  129: { name: "EchoReply" },
  130: { name: "MLDv1MulticastListenerQueryMessage" },
  131: { name: "MLDv1MulticastListenerReportMessage" },
  132: { name: "MLDv1MulticastListenerDoneMessage" },
  133: { name: "RouterSolicitation" },
  134: { name: "RouterAdvertisement" },
  135: { name: "NeighborSolicitation" },
  136: { name: "NeighborAdvertisement" },
  137: { name: "Redirect" },
  143: { name: "MLDv2MulticastListenerReportMessageV2" },
};

/** An ICMP message of IPv4 or IPv6: `EchoRequest`, `DestinationUnreachable(Port)`, `type(code)` in numbers if unknown. */
export function icmpText(version: 4 | 6, type: number, code: number): string {
  const known = (version === 4 ? V4 : V6)[type];
  if (known === undefined) return `${type}(${code})`;
  if (known.codes === undefined) return code === 0 ? known.name : `${known.name}(Code: ${code})`;
  return `${known.name}(${known.codes[code] ?? `Code: ${code}`})`;
}
