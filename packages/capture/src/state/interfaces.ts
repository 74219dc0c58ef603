import type { InterfaceEntry } from "../scap/entries.ts";
import { FD_KIND } from "../scap/entries.ts";
import { readIpv4, sameIpv6, sameNetwork6 } from "./address.ts";
import type { FdInfo } from "./fd-info.ts";

const LOOPBACK = 0x7f00_0001;

interface Ipv4Interface {
  readonly address: number;
  readonly netmask: number;
}

/** Addresses of the host's network interfaces. */
export class InterfaceTable {
  #ipv4: Ipv4Interface[] = [];
  #ipv6: Uint8Array[] = [];

  importList(entries: readonly InterfaceEntry[]): void {
    this.#ipv4 = [];
    this.#ipv6 = [];
    for (const { address, netmask } of entries) {
      if (address.length === 4)
        this.#ipv4.push({ address: readIpv4(address, 0), netmask: readIpv4(netmask, 0) });
      else this.#ipv6.push(address);
    }
  }

  hasIpv4(address: number): boolean {
    return this.#ipv4.some((entry) => entry.address === address);
  }

  hasIpv6(address: Uint8Array | undefined): boolean {
    return this.#ipv6.some((entry) => sameNetwork6(entry, address));
  }

  /** Puts the likely address where one end of a connection has none. */
  completeTuple(fd: FdInfo): void {
    if (fd.kind === FD_KIND.ipv4) {
      if (fd.source4 !== 0 && fd.destination4 !== 0) return;
      const known = fd.source4 === 0 ? fd.destination4 : fd.source4;
      const guess = this.#guess4(known);
      if (guess === known && fd.sourcePort === fd.destinationPort) return;
      if (fd.source4 === 0) fd.source4 = guess;
      else fd.destination4 = guess;
      return;
    }
    if (fd.kind !== FD_KIND.ipv6) return;
    const noSource = sameIpv6(fd.source6, undefined);
    if (!noSource && !sameIpv6(fd.destination6, undefined)) return;
    const known = noSource ? fd.destination6 : fd.source6;
    const guess = this.#guess6(known);
    if (sameIpv6(guess, known) && fd.sourcePort === fd.destinationPort) return;
    if (noSource) fd.source6 = guess;
    else fd.destination6 = guess;
  }

  #guess4(known: number): number {
    const found =
      this.#ipv4.find(({ address }) => address === known) ??
      this.#ipv4.find(({ address, netmask }) => ((address ^ known) & netmask) === 0) ??
      this.#ipv4.find(({ address }) => address !== LOOPBACK);
    return found?.address ?? 0;
  }

  #guess6(known: Uint8Array | undefined): Uint8Array | undefined {
    return (
      this.#ipv6.find((address) => sameIpv6(address, known)) ??
      this.#ipv6.find((address) => sameNetwork6(address, known)) ??
      this.#ipv6.find((address) => !isLoopback(address))
    );
  }
}

function isLoopback(address: Uint8Array): boolean {
  return address[15] === 1 && address.every((byte, i) => i === 15 || byte === 0);
}
