import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { MESSAGES } from "../../generated/dispatch.js";
import type { ConnectionTiming } from "../../runtime/core/connection-types.js";
import { RnpError } from "../../runtime/core/error.js";
import type { InboundMessage } from "../../runtime/core/inbound.js";
import { TrafficMeter } from "../../runtime/core/traffic-meter.js";
import { HOST } from "../../runtime/net/clock.js";
import { Link } from "../../runtime/net/link.js";
import type { LinkObserver } from "../../runtime/net/link-types.js";
import { localNode, TIMING } from "./pair.js";

/** One end of a wire. While it is stuck nothing that is written leaves it, as with a peer that does not read. */
export class WireEnd extends Duplex {
  other!: WireEnd;
  #isStuck = false;
  #blocked: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: false });
  }

  setNoDelay(): this {
    return this;
  }

  get isStuck(): boolean {
    return this.#isStuck;
  }

  set isStuck(isStuck: boolean) {
    this.#isStuck = isStuck;
    if (isStuck) return;
    this.#blocked?.();
    this.#blocked = undefined;
  }

  override _read(): void {}

  override _write(bytes: Uint8Array, _encoding: string, done: () => void): void {
    const carry = () => {
      // A copy, as on a real wire: the writer uses its memory again.
      this.other.push(Uint8Array.from(bytes));
      setImmediate(done);
    };
    if (this.#isStuck) this.#blocked = carry;
    else carry();
  }

  override _final(done: () => void): void {
    this.other.push(null);
    done();
  }
}

/** A link and what its owner was told. */
export class LinkEnd implements LinkObserver {
  readonly wire: WireEnd;
  readonly link: Link;
  readonly messages: InboundMessage[] = [];
  readonly cancelled: InboundMessage[] = [];
  readonly refused: RnpError[] = [];
  closedWith: RnpError | "goodbye" | undefined;
  /** What its application does with a message; nothing, unless a test says. */
  act: (link: Link, message: InboundMessage) => void = () => {};

  constructor(wire: WireEnd, options: Omit<ConstructorParameters<typeof Link>[1], "messages">) {
    this.wire = wire;
    const socket = wire as unknown as TLSSocket;
    this.link = new Link(socket, { ...options, messages: MESSAGES }, this);
  }

  onOpen(): void {}

  onMessage(link: Link, message: InboundMessage): void {
    this.messages.push(message);
    this.act(link, message);
  }

  onCancelled(_: Link, message: InboundMessage): void {
    this.cancelled.push(message);
  }

  onRefused(_: Link, __: "local" | "peer", error: RnpError): void {
    this.refused.push(error);
  }

  onClosed(_: Link, error: RnpError | undefined): void {
    this.closedWith = error ?? "goodbye";
  }
}

export interface LinkPair {
  readonly client: LinkEnd;
  readonly server: LinkEnd;
}

export interface LinkPairOptions {
  /** Of the client; what both name is in force. */
  readonly capabilities?: readonly string[];
  readonly timing?: Partial<ConnectionTiming>;
}

/** Two nodes joined by a wire in memory, their handshake done. */
export async function linkPair({ capabilities, timing }: LinkPairOptions = {}): Promise<LinkPair> {
  const [near, far] = [new WireEnd(), new WireEnd()];
  near.other = far;
  far.other = near;
  const node1 = localNode("node-1", "node", capabilities === undefined ? {} : { capabilities });
  const node2 = localNode("node-2", "node");
  const common = { host: HOST, meter: new TrafficMeter(), timing: { ...TIMING, ...timing } };
  const server = new LinkEnd(far, { ...common, side: "server", local: node2, peer: node1 });
  const client = new LinkEnd(near, { ...common, side: "client", local: node1, peer: node2 });
  await Promise.all([client.link.ready, server.link.ready]);
  return { client, server };
}

/** Settles when `isSo` holds; looks again after each turn of the event loop. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    if (turn > 100_000) throw new Error("it never came to that");
    await new Promise(setImmediate);
  }
}

/** What `promise` fails with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new RnpError("INTERNAL_ERROR", "it did not fail"),
    (error: unknown) => error,
  );
}
