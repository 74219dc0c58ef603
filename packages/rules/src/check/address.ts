/** Whether a text is an IPv4 address in dotted form. */
export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

/** Whether a text is an IPv6 address, perhaps with an IPv4 address at its end. */
export function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  let count = 0;
  for (const [index, group] of groups.entries()) {
    if (index === groups.length - 1 && group.includes(".")) {
      if (!isIpv4(group)) return false;
      count += 2;
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return false;
      count++;
    }
  }
  return halves.length === 2 ? count < 8 : count === 8;
}

/** What is wrong with a network such as `10.0.0.0/8`, in Falco's words; undefined when nothing is. */
export function networkProblem(text: string): string | undefined {
  const slash = text.indexOf("/");
  const address = text.slice(0, slash);
  const v6 = isIpv6(address);
  if (slash === -1 || !(v6 || isIpv4(address))) return `unrecognized IP network ${text}`;
  const mask = text.slice(slash + 1);
  const bits = Number(mask);
  if (!/^\d{1,3}$/.test(mask) || bits > (v6 ? 128 : 32)) return `unrecognized IP network ${text}`;
  return v6 && bits === 0 ? "invalid v6 netmask 0" : undefined;
}
