import type { PeerIdentity } from "../core/identity.js";
import type { Conversation } from "./conversation.js";
import { bytesOfFrame } from "./frames.js";
import { PATIENCE_MS } from "./patience.js";
import { Scope } from "./values.js";
import { Failed } from "./verdict.js";

/**
 * A connection that is as it should be: whatever happens on others, the peer goes on serving it. Where it does not, a
 * new one is opened, so that one case which ended it fails and not all that follow.
 */
export class GoodConnection {
  #conversation: Conversation;
  readonly #me: PeerIdentity;
  readonly #open: () => Promise<Conversation>;
  #reopened: Promise<void> | undefined;
  #count = 0;

  private constructor(
    conversation: Conversation,
    me: PeerIdentity,
    open: () => Promise<Conversation>,
  ) {
    this.#conversation = conversation;
    this.#me = me;
    this.#open = open;
  }

  /** `open` gives a connection on which both have greeted. */
  static async open(me: PeerIdentity, open: () => Promise<Conversation>): Promise<GoodConnection> {
    return new GoodConnection(await open(), me, open);
  }

  get peer(): PeerIdentity {
    return this.#conversation.peer;
  }

  /** @throws Failed where the peer does not answer a `ping` on it */
  async assertServed(): Promise<void> {
    const conversation = this.#conversation;
    const scope = new Scope(this.#me.id, this.peer.id, 0);
    const id = scope.id("guard");
    this.#count += 1;
    const message = { type: "ping", id, data: { timestamp: this.#count } };
    await conversation.write(bytesOfFrame({ message }, scope));
    const pong = await conversation.hear(({ reply_to }) => reply_to === id, PATIENCE_MS);
    if (pong !== undefined) return;
    await this.#replace(conversation);
    throw new Failed("another connection was not served any more");
  }

  close(): void {
    this.#conversation.destroy();
  }

  /** Once for all who have missed an answer on it. */
  async #replace(lost: Conversation): Promise<void> {
    if (this.#conversation !== lost) return;
    this.#reopened ??= this.#open()
      .then((conversation) => {
        this.#conversation = conversation;
      })
      .catch(() => {}) // The next case cannot dial either, and says why.
      .finally(() => {
        this.#reopened = undefined;
        lost.destroy();
      });
    await this.#reopened;
  }
}
