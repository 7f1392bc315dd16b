import { BytesIn } from "./bytes-in.js";

/** One packet of a capture. */
export interface Packet {
  /** What the bytes begin with: a link type of pcap, such as 1 for Ethernet. */
  readonly link: number;
  /** When it was captured, in milliseconds since 1970. */
  readonly time: number;
  readonly bytes: Uint8Array;
}

const PCAP_MICROSECONDS = 0xa1b2c3d4;
const PCAP_NANOSECONDS = 0xa1b23c4d;
const SECTION_BLOCK = 0x0a0d0d0a;
const BYTE_ORDER = 0x1a2b3c4d;

const [INTERFACE_BLOCK, SIMPLE_BLOCK, PACKET_BLOCK] = [1, 3, 6];
/** The option of an interface that says how fine its times are. */
const TIME_RESOLUTION = 9;

/** The packets of a pcap or pcapng file, or `undefined` where the bytes are neither. One that is cut short ends early. */
export function packetsOf(file: Uint8Array): readonly Packet[] | undefined {
  if (file.byteLength < 24) return undefined;
  const magic = new BytesIn(file, false).u32();
  if (magic === SECTION_BLOCK) return packetsOfPcapng(file);
  const little = new BytesIn(file, true).u32();
  for (const [found, isLittle] of [
    [magic, false],
    [little, true],
  ] as const) {
    if (found === PCAP_MICROSECONDS) return packetsOfPcap(file, isLittle, 1e3);
    if (found === PCAP_NANOSECONDS) return packetsOfPcap(file, isLittle, 1e6);
  }
  return undefined;
}

function packetsOfPcap(file: Uint8Array, isLittle: boolean, perMs: number): readonly Packet[] {
  const input = new BytesIn(file, isLittle);
  input.at = 20;
  // The upper half says how checksums are kept.
  const link = input.u32() & 0xffff;
  const packets: Packet[] = [];
  while (input.left >= 16) {
    const time = input.u32() * 1e3 + input.u32() / perMs;
    const size = input.u32();
    input.at += 4;
    if (size > input.left) break;
    packets.push({ link, time, bytes: input.take(size) });
  }
  return packets;
}

/** How an interface of a pcapng file tells its packets. */
interface Interface {
  readonly link: number;
  readonly unitsPerMs: number;
}

function packetsOfPcapng(file: Uint8Array): readonly Packet[] {
  const packets: Packet[] = [];
  let interfaces: Interface[] = [];
  let isLittle = isSectionLittle(file, 0);
  for (let at = 0; at + 12 <= file.byteLength; ) {
    const isSection = new BytesIn(file.subarray(at), false).u32() === SECTION_BLOCK;
    if (isSection) [isLittle, interfaces] = [isSectionLittle(file, at), []];
    const input = new BytesIn(file.subarray(at), isLittle);
    const [type, size] = [input.u32(), input.u32()];
    if (size < 12 || at + size > file.byteLength) break;
    const body = new BytesIn(input.take(size - 12), isLittle);
    if (type === INTERFACE_BLOCK) interfaces.push(interfaceOf(body));
    else if (type === PACKET_BLOCK) packets.push(...packetOf(body, interfaces));
    else if (type === SIMPLE_BLOCK && interfaces[0] !== undefined) {
      packets.push({
        link: interfaces[0].link,
        time: 0,
        bytes: body.take(Math.min(body.u32(), body.left)),
      });
    }
    at += size;
  }
  return packets;
}

function isSectionLittle(file: Uint8Array, at: number): boolean {
  return new BytesIn(file.subarray(at + 8), true).u32() === BYTE_ORDER;
}

function interfaceOf(body: BytesIn): Interface {
  const link = body.u16();
  body.at += 6;
  let unitsPerMs = 1e3;
  while (body.left >= 4) {
    const [code, size] = [body.u16(), body.u16()];
    const value = body.take(Math.min(size + ((4 - (size % 4)) % 4), body.left));
    if (code === TIME_RESOLUTION && value[0] !== undefined) unitsPerMs = unitsIn(value[0]);
  }
  return { link, unitsPerMs };
}

/** A power of ten, or with the highest bit set of two, in a second. */
function unitsIn(resolution: number): number {
  const power = resolution & 0x7f;
  return (resolution & 0x80 ? 2 ** power : 10 ** power) / 1e3;
}

function packetOf(body: BytesIn, interfaces: readonly Interface[]): readonly Packet[] {
  const from = interfaces[body.u32()];
  const time = body.u32() * 2 ** 32 + body.u32();
  const size = body.u32();
  body.at += 4;
  if (from === undefined || size > body.left) return [];
  return [{ link: from.link, time: time / from.unitsPerMs, bytes: body.take(size) }];
}
