/** One piece of what a side of a connection sent. */
export interface Piece {
  /** Whose it is: the side that dialled, or the one that listened. */
  readonly from: "client" | "server";
  readonly bytes: Uint8Array;
  /** Where it begins in what its side sends; by default behind the piece before. */
  readonly at?: number;
}

const ETHERNET = Buffer.from("0200000000020200000000010800", "hex");
const PORTS = { client: 40_000, server: 7_946 } as const;
const ADDRESSES = { client: "0a000001", server: "0a000002" } as const;
/** Where the numbers of each side begin: near the end, so that they wrap round. */
const FIRST_SEQUENCE = 0xffff_ff00;

/** A capture (pcap, microseconds) of one TCP connection, a packet for each piece. */
export function pcapOf(pieces: readonly Piece[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(1, 20);
  return Buffer.concat([head, ...packetsOf(pieces).flatMap(recordOf)]);
}

/** The same packets as pcapng writes them. */
export function pcapngOf(pieces: readonly Piece[]): Buffer {
  const section = Buffer.from("4d3c2b1a01000000ffffffffffffffff", "hex");
  const link = Buffer.from("0100000000000400", "hex");
  const blocks = packetsOf(pieces).map((packet) => {
    const head = Buffer.alloc(20);
    head.writeUInt32LE(packet.length, 12);
    head.writeUInt32LE(packet.length, 16);
    return blockOf(6, Buffer.concat([head, packet]));
  });
  return Buffer.concat([blockOf(0x0a0d0d0a, section), blockOf(1, link), ...blocks]);
}

function blockOf(type: number, body: Buffer): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(padded.length + 12, 4);
  return Buffer.concat([head, padded, head.subarray(4)]);
}

function recordOf(packet: Buffer): readonly Buffer[] {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(packet.length, 8);
  head.writeUInt32LE(packet.length, 12);
  return [head, packet];
}

/** The opening of both sides, then the pieces. */
function packetsOf(pieces: readonly Piece[]): readonly Buffer[] {
  const sent = { client: 0, server: 0 };
  const opening = [packetOf("client", -1, -1, SYN), packetOf("server", -1, 0, SYN | ACK)];
  const rest = pieces.map(({ from, bytes, at = sent[from] }) => {
    sent[from] = Math.max(sent[from], at + bytes.length);
    return packetOf(from, at, sent[from === "client" ? "server" : "client"], PUSH | ACK, bytes);
  });
  return [...opening, ...rest];
}

const [SYN, PUSH, ACK] = [0x02, 0x08, 0x10];

/** `at` and `seen` count the bytes that the sender has sent before, and has got from the other side. */
function packetOf(
  from: "client" | "server",
  at: number,
  seen: number,
  flags: number,
  bytes: Uint8Array = new Uint8Array(),
): Buffer {
  const to = from === "client" ? "server" : "client";
  const ip = Buffer.from(`450000000000400040060000${ADDRESSES[from]}${ADDRESSES[to]}`, "hex");
  ip.writeUInt16BE(40 + bytes.length, 2);
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(PORTS[from], 0);
  tcp.writeUInt16BE(PORTS[to], 2);
  tcp.writeUInt32BE((FIRST_SEQUENCE + 1 + at) >>> 0, 4);
  tcp.writeUInt32BE(seen < 0 ? 0 : (FIRST_SEQUENCE + 1 + seen) >>> 0, 8);
  tcp[12] = 0x50;
  tcp[13] = flags;
  tcp.writeUInt16BE(0xffff, 14);
  return Buffer.concat([ETHERNET, ip, tcp, bytes]);
}
