import { GOSSIP_PROBE } from "../../generated/messages/gossip/probe.js";
import { SYNC_REQUEST } from "../../generated/messages/sync/request.js";
import type { SyncResponse } from "../../generated/messages/sync/response.js";
import type { Command, Speaker } from "../core/membership/contract.js";
import type { Membership } from "../core/membership/membership.js";
import { Onlooker } from "../core/membership/onlooker.js";
import { now } from "../net/clock.js";
import type { Link } from "../net/link.js";
import type { Logger } from "./logger.js";
import type { MemberList } from "./member-list.js";
import type { Messenger } from "./messenger.js";
import { type Pinger, type PingResult, pingOn } from "./pinger.js";
import type { ServiceTable } from "./service-table.js";

export type Question = Extract<Command, { kind: "ping" | "probe" | "sync" }>;

export interface MemberQuestionsOptions {
  readonly core: Membership | Onlooker;
  /** The same, where this node is a member; nobody else asks. */
  readonly member: Membership | undefined;
  /** Has the core take an answer, and does what it then wants done. */
  readonly take: (happen: () => void) => void;
  readonly messenger: Messenger;
  readonly pinger: Pinger;
  readonly list: MemberList;
  readonly services: ServiceTable;
  readonly logger: Logger;
}

/** What the core asks of others, and what comes of it. Each question has one answer, if only that there is none. */
export class MemberQuestions {
  readonly #options: MemberQuestionsOptions;

  constructor(options: MemberQuestionsOptions) {
    this.#options = options;
  }

  ask(question: Question): void {
    switch (question.kind) {
      case "ping":
        return void this.#ping(question);
      case "probe":
        return void this.#probe(question);
      case "sync":
        return void this.#sync(question);
    }
  }

  /** How far a member is away is of interest even where nobody doubts that it lives. */
  async measure(link: Link, timeoutMs: number): Promise<void> {
    this.#measured(link.peer.id, await pingOn(link, timeoutMs));
  }

  /** Takes the table of a peer that was asked for it otherwise. */
  learn(from: Speaker, table: SyncResponse): void {
    const { core, take, services } = this.#options;
    services.learn(from.id, table);
    take(() => {
      if (core instanceof Onlooker) core.handleSyncResponse(now(), from, table);
      else core.handleSyncResponse(now(), from, NO_TOKEN, table);
    });
  }

  async #ping({ to, token, timeoutMs }: Extract<Question, { kind: "ping" }>): Promise<void> {
    const { member, take, pinger } = this.#options;
    const result = await pinger.ping(to, timeoutMs);
    this.#measured(to, result);
    take(() => {
      if (typeof result === "number") member?.handlePong(now(), token, result);
      else member?.handleNoPong(now(), token, result);
    });
  }

  async #probe(question: Extract<Question, { kind: "probe" }>): Promise<void> {
    const { to, token, data, timeoutMs } = question;
    const { member, take, messenger } = this.#options;
    const asked = messenger.ask(to, GOSSIP_PROBE, data, timeoutMs);
    const answered = await asked.catch(() => undefined);
    take(() => member?.handleProbeResult(now(), token, answered?.answer));
  }

  async #sync({ to, token, data }: Extract<Question, { kind: "sync" }>): Promise<void> {
    const { core, member, take, messenger, services, logger } = this.#options;
    // A peer that knows only the specification has told no hash, and is told none.
    const request = { ...data, ...services.known(to) };
    try {
      const { timeoutMs } = SYNC_REQUEST;
      const { from, answer } = await messenger.ask(to, SYNC_REQUEST, request, timeoutMs);
      services.learn(from.id, answer);
      take(() => member?.handleSyncResponse(now(), from, token, answer));
    } catch (error) {
      logger.debug({ node: to, error }, "a member did not tell its table");
      const { role = "node" } = core.rows.get(to) ?? {};
      const nobody = { id: to, role, epoch: undefined, speaks: false };
      take(() => member?.handleSyncResponse(now(), nobody, token, undefined));
    }
  }

  #measured(node: string, result: PingResult): void {
    if (typeof result === "number") this.#options.list.answered(node, result);
  }
}

/** The core counts its questions from 1. */
const NO_TOKEN = 0;
