import { once } from "node:events";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { decode, encode } from "@msgpack/msgpack";
import { parseAddress } from "../../runtime/net/address.js";
import type { PemTexts } from "./certificates.js";

/** A message as another implementation would see it: MessagePack by another library, in a frame. */
export type RawMessage = Record<string, unknown>;

const MAGIC = Buffer.from("524e5001", "hex");

/** A frame around `payload`, or around other header fields for those who want a bad one. */
export function frameOf(
  payload: Uint8Array,
  { magic = MAGIC, major = 1, minor = 0, flags = 0, length = payload.length } = {},
): Buffer {
  const header = Buffer.alloc(12);
  magic.copy(header);
  header.writeUInt8(major, 4);
  header.writeUInt8(minor, 5);
  header.writeUInt32BE(length, 6);
  header.writeUInt16BE(flags, 10);
  return Buffer.concat([header, payload]);
}

/** A complete message of `sender`. */
export function messageOf(type: string, sender: string, data: unknown, extra: RawMessage = {}) {
  const id = "550e8400-e29b-41d4-a716-446655440000";
  return { type, id, timestamp: Date.now(), sender, ...extra, data };
}

/** A peer that shares no code with the runtime: it says exactly what a test wants said. */
export class RawPeer {
  readonly socket: TLSSocket;
  readonly received: RawMessage[] = [];
  #bytes = Buffer.alloc(0);
  #wake: () => void = () => {};

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on("data", (bytes) => this.#collect(bytes));
    socket.on("error", () => {});
    socket.on("close", () => this.#wake());
  }

  static async connect(
    address: string,
    identity: Partial<PemTexts>,
    options: ConnectionOptions = {},
  ): Promise<RawPeer> {
    const socket = connect({
      ...parseAddress(address),
      ...identity,
      ALPNProtocols: ["rnp/1"],
      checkServerIdentity: () => undefined,
      ...options,
    });
    const peer = new RawPeer(socket);
    await once(socket, "secureConnect");
    return peer;
  }

  /** Connects and says hello, as `node-1` that knows no capability, unless told otherwise. */
  static async greet(
    address: string,
    identity: PemTexts,
    id = "node-1",
    capabilities: readonly string[] = [],
  ): Promise<RawPeer> {
    const peer = await RawPeer.connect(address, identity);
    peer.say(messageOf("hello", id, { version: "1.0", node_id: id, capabilities }));
    await peer.hear("hello_ack");
    return peer;
  }

  say(message: unknown, flags = 0): void {
    this.socket.write(frameOf(encode(message), { flags }));
  }

  /** The next message of `type`, those that came before it included. */
  async hear(type: string): Promise<RawMessage> {
    for (;;) {
      const index = this.received.findIndex((message) => message.type === type);
      if (index >= 0) return this.received.splice(index, 1)[0]!;
      if (this.socket.closed) throw new Error(`the connection closed without a ${type}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async closed(): Promise<void> {
    // Not `once` of node:events: it would reject with the error that closed the socket.
    if (!this.socket.closed) await new Promise((resolve) => this.socket.once("close", resolve));
  }

  #collect(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= 12) {
      const end = 12 + this.#bytes.readUInt32BE(6);
      if (this.#bytes.length < end) break;
      this.received.push(decode(this.#bytes.subarray(12, end)) as RawMessage);
      this.#bytes = this.#bytes.subarray(end);
    }
    this.#wake();
  }
}
