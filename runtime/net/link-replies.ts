import type { Connection } from "../core/connection.js";
import type { RnpError } from "../core/error.js";
import type { Agreement } from "../core/handshake.js";
import type { PeerIdentity } from "../core/identity.js";
import type { InboundMessage } from "../core/inbound.js";
import type { Replies } from "../core/replies.js";
import type { Inflow } from "./inflow.js";
import { ItemCredit } from "./item-credit.js";
import type { LinkOutput } from "./link-output.js";

/** What the application says to the messages of the peer of a link; handlers know the link by it. */
export class LinkReplies {
  /** Whose messages they are. */
  readonly peer: PeerIdentity;
  readonly #connection: Pick<Connection, "agreement">;
  readonly #replies: Replies;
  readonly #inflow: Inflow;
  readonly #output: LinkOutput;
  /** Made when somebody waits: most connections serve no streams. */
  #itemCredit: ItemCredit | undefined;

  constructor(
    peer: PeerIdentity,
    connection: Pick<Connection, "replies" | "agreement">,
    inflow: Inflow,
    output: LinkOutput,
  ) {
    this.peer = peer;
    this.#connection = connection;
    this.#replies = connection.replies;
    this.#inflow = inflow;
    this.#output = output;
  }

  /** What its two sides agreed on. */
  get agreement(): Agreement | undefined {
    return this.#connection.agreement;
  }

  /** Answers a request; throws an `RnpError` where `data` is not what the request's schema names. */
  answer(message: InboundMessage, data: unknown): void {
    this.#replies.answer(message, data);
    this.#replied();
  }

  /** Tells the sender of a message that it failed. */
  refuse(message: InboundMessage, error: RnpError): void {
    this.#replies.refuse(message, error);
    this.#itemCredit?.wake(message);
    this.#replied();
  }

  /** Says that a message has been handled. */
  settle(message: InboundMessage): void {
    this.#replies.settle(message);
    if (message.channel === undefined) this.#replied();
    else this.#inflow.relieved();
  }

  /** Lets go of a message of which nothing is to be said. */
  drop(message: InboundMessage): void {
    this.#replies.drop(message);
    this.#replied();
  }

  /** Sends one item of a stream that the peer asked for, and for which `credited` said that there is room. */
  item(message: InboundMessage, data: unknown): void {
    this.#replies.item(message, data);
    this.#replied();
  }

  /** Ends a stream that the peer asked for: well, or with an error. */
  end(message: InboundMessage, error?: RnpError): void {
    this.#replies.end(message, error);
    this.#itemCredit?.wake(message);
    this.#replied();
  }

  /**
   * Settles with `true` when the peer has room for an item of the stream and the connection has it too, with
   * `false` when nobody waits for items any more.
   */
  async credited(message: InboundMessage): Promise<boolean> {
    for (;;) {
      if (message.isOver || !this.#output.isAlive) return false;
      if (message.itemCredit <= 0) await this.#awaitItemCredit(message);
      else if (this.#output.isBackedUp) await this.#output.drained();
      else return true;
    }
  }

  /** The asker of a stream has given credit for items, or wants none any more. */
  changed(message: InboundMessage): void {
    this.#itemCredit?.wake(message);
  }

  /** The link has closed: nobody wants items any more. */
  closed(): void {
    this.#itemCredit?.wakeAll();
  }

  #awaitItemCredit(message: InboundMessage): Promise<void> {
    this.#itemCredit ??= new ItemCredit();
    return this.#itemCredit.awaited(message);
  }

  #replied(): void {
    this.#output.schedule();
    this.#inflow.relieved();
  }
}
