import { GOSSIP_ANNOUNCE } from "../../generated/messages/gossip/announce.js";
import { GOSSIP_HEARTBEAT } from "../../generated/messages/gossip/heartbeat.js";
import { GOSSIP_LEAVE } from "../../generated/messages/gossip/leave.js";
import { GOSSIP_SUSPECT } from "../../generated/messages/gossip/suspect.js";
import type { Command, Speaker } from "../core/membership/contract.js";
import { now } from "../net/clock.js";
import type { MessageType } from "../wire/message-type.js";
import type { Directory } from "./directory.js";
import type { LoadReport } from "./options.js";
import { speakerOf } from "./speaker.js";

/** What is said to a member without an answer. */
export type Word = Extract<Command, { kind: "announce" | "heartbeat" | "leave" | "suspect" }>;

export function isWord(command: Command): command is Word {
  return WORDS.has(command.kind);
}

const WORDS: ReadonlySet<Command["kind"]> = new Set(["announce", "heartbeat", "leave", "suspect"]);

/** An answer, and who gave it. */
export interface Answered<Answer> {
  readonly from: Speaker;
  readonly answer: Answer;
}

/**
 * Carries what members say to each other, over any connection of a pair that is open: one is enough for both,
 * whoever dialled it.
 */
export class Messenger {
  readonly #directory: Directory;
  readonly #report: () => LoadReport;

  /** `report`: told with each heartbeat. */
  constructor(directory: Directory, report: () => LoadReport) {
    this.#directory = directory;
    this.#report = report;
  }

  /** Settles when the word was taken by a connection; rejects where there is none, or it has no room. */
  tell(word: Word, timeoutMs: number): Promise<void> {
    switch (word.kind) {
      case "announce":
        return this.#send(word.to, GOSSIP_ANNOUNCE, word.data, timeoutMs);
      case "heartbeat":
        return this.#send(
          word.to,
          GOSSIP_HEARTBEAT,
          { ...word.data, ...this.#report() },
          timeoutMs,
        );
      case "leave":
        return this.#send(word.to, GOSSIP_LEAVE, word.data, timeoutMs);
      case "suspect":
        return this.#send(word.to, GOSSIP_SUSPECT, word.data, timeoutMs);
    }
  }

  /** Asks a member; dials it where no connection is open. */
  async ask<Data, Answer>(
    to: string,
    type: MessageType<Data, Answer>,
    data: Data,
    timeoutMs: number,
  ): Promise<Answered<Answer>> {
    const giveUpAt = now() + timeoutMs;
    const link = await this.#directory.link(to, true, { timeoutMs });
    const answer = await link.request(type, data, { timeoutMs: giveUpAt - now() });
    return { from: speakerOf(link), answer };
  }

  async #send<Data>(
    to: string,
    type: MessageType<Data>,
    data: Data,
    timeoutMs: number,
  ): Promise<void> {
    // What finds a connection leaves in this turn, in the order in which it was said.
    const open = this.#directory.openLink(to);
    const link = open ?? (await this.#directory.link(to, false, { timeoutMs }));
    await link.send(type, data);
  }
}
