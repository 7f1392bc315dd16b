import type { PeerIdentity } from "../core/identity.js";
import type { Conversation } from "./conversation.js";
import { bytesOfFrame } from "./frames.js";
import { PATIENCE_MS } from "./patience.js";
import { Scope } from "./values.js";
import { Failed } from "./verdict.js";

/** A connection that is as it should be: whatever happens on others, the peer goes on serving it. */
export class GoodConnection {
  readonly #conversation: Conversation;
  readonly #me: PeerIdentity;
  #count = 0;

  /** Both have greeted on it. */
  constructor(conversation: Conversation, me: PeerIdentity) {
    this.#conversation = conversation;
    this.#me = me;
  }

  get peer(): PeerIdentity {
    return this.#conversation.peer;
  }

  /** @throws Failed where the peer does not answer a `ping` on it */
  async assertServed(): Promise<void> {
    const scope = new Scope(this.#me.id, this.peer.id, 0);
    const id = scope.id("guard");
    this.#count += 1;
    const message = { type: "ping", id, data: { timestamp: this.#count } };
    await this.#conversation.write(bytesOfFrame({ message }, scope));
    const pong = await this.#conversation.hear(({ reply_to }) => reply_to === id, PATIENCE_MS);
    if (pong === undefined) throw new Failed("another connection was not served any more");
  }

  close(): void {
    this.#conversation.destroy();
  }
}
