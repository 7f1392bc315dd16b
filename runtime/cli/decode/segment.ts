import { BytesIn } from "./bytes-in.js";
import type { Packet } from "./capture.js";

/** What a packet carries of one direction of a TCP connection. */
export interface Segment {
  /** `10.0.0.1:40000`. */
  readonly from: string;
  readonly to: string;
  readonly sequence: number;
  /** Whether it opens the direction; the bytes begin one number later. */
  readonly isOpening: boolean;
  readonly bytes: Uint8Array;
}

const TCP = 6;
const [ETHERNET_IPV4, ETHERNET_IPV6, ETHERNET_VLAN] = [0x0800, 0x86dd, 0x8100];
const SYN = 0x02;

/** The link types of loopback, Ethernet, bare IP, and `any` of Linux in two versions. */
const LINKS: Readonly<Record<number, (bytes: Uint8Array) => Uint8Array | undefined>> = {
  0: (bytes) => bytes.subarray(4),
  1: behindEthernet,
  12: (bytes) => bytes,
  101: (bytes) => bytes,
  108: (bytes) => bytes.subarray(4),
  113: (bytes) => bytes.subarray(16),
  276: (bytes) => bytes.subarray(20),
};

/** The TCP segment in a packet, or `undefined` where there is none. */
export function segmentOf({ link, bytes }: Packet): Segment | undefined {
  try {
    const packet = LINKS[link]?.(bytes);
    if (packet === undefined) return undefined;
    const version = (packet[0] ?? 0) >> 4;
    if (version === 4) return ofIpv4(packet);
    return version === 6 ? ofIpv6(packet) : undefined;
  } catch (thrown) {
    // A packet that is cut short has no segment to give.
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

function behindEthernet(bytes: Uint8Array): Uint8Array | undefined {
  const input = new BytesIn(bytes, false);
  input.at = 12;
  let type = input.u16();
  while (type === ETHERNET_VLAN) {
    input.at += 2;
    type = input.u16();
  }
  return type === ETHERNET_IPV4 || type === ETHERNET_IPV6 ? bytes.subarray(input.at) : undefined;
}

function ofIpv4(packet: Uint8Array): Segment | undefined {
  const headSize = ((packet[0] ?? 0) & 0x0f) * 4;
  const input = new BytesIn(packet, false);
  input.at = 2;
  // A network card that cuts packets itself leaves their length to be filled in.
  const size = input.u16() || packet.byteLength;
  if (packet[9] !== TCP) return undefined;
  const [from, to] = [packet.subarray(12, 16), packet.subarray(16, 20)].map((part) =>
    part.join("."),
  );
  return ofTcp(packet.subarray(headSize, size), from ?? "", to ?? "");
}

function ofIpv6(packet: Uint8Array): Segment | undefined {
  if (packet[6] !== TCP) return undefined;
  const input = new BytesIn(packet, false);
  input.at = 4;
  const size = 40 + (input.u16() || packet.byteLength - 40);
  const [from, to] = [packet.subarray(8, 24), packet.subarray(24, 40)].map(ipv6Text);
  return ofTcp(packet.subarray(40, size), from ?? "", to ?? "");
}

function ipv6Text(bytes: Uint8Array): string {
  const input = new BytesIn(bytes, false);
  return `[${Array.from({ length: 8 }, () => input.u16().toString(16)).join(":")}]`;
}

function ofTcp(tcp: Uint8Array, from: string, to: string): Segment {
  const input = new BytesIn(tcp, false);
  const [fromPort, toPort, sequence] = [input.u16(), input.u16(), input.u32()];
  const headSize = ((tcp[12] ?? 0) >> 4) * 4;
  return {
    from: `${from}:${fromPort}`,
    to: `${to}:${toPort}`,
    sequence,
    isOpening: ((tcp[13] ?? 0) & SYN) !== 0,
    bytes: tcp.subarray(headSize),
  };
}
