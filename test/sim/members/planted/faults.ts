import { Attention } from "../../../../runtime/core/membership/attention.js";
import type { Command, Output } from "../../../../runtime/core/membership/contract.js";
import { Inquiry } from "../../../../runtime/core/membership/inquiry.js";
import { Membership } from "../../../../runtime/core/membership/membership.js";
import type { MemberState, Relation } from "../../../../runtime/core/membership/news.js";
import { PRECEDENCE, type Verdict } from "../../../../runtime/core/membership/precedence.js";
import { Rumours } from "../../../../runtime/core/membership/rumours.js";
import { OwnLife } from "../../../../runtime/core/membership/self.js";
import { Strategy } from "../../../../runtime/core/membership/strategy.js";
import { MemberTable, type Told } from "../../../../runtime/core/membership/table.js";
import { patch } from "../../planted/patch.js";
import { type liveByChance, liveRestlessly } from "../scenarios/chance.js";

/** A fault of the membership, and the rule that has to find it. */
export interface MemberFault {
  readonly breaks: string;
  /** The worlds in which it shows. Default: those by chance. */
  readonly live?: typeof liveByChance;
  /** Returns how to take it out again. */
  plant(): () => void;
}

const TWO_BURY = "one accuser buries nobody";
const VIEWS_AGREE = "in the end all views are the same, and true";
const LIVES_GROW = "no view goes back to an earlier life of a node";
const GONE_IS_NOTICED = "a node that is gone is dead to all others in time";

/** Faults as somebody might make them. */
export const MEMBER_FAULTS: Readonly<Record<string, MemberFault>> = {
  "a node does not refute what is said of it": {
    breaks: VIEWS_AGREE,
    plant: () =>
      patch(OwnLife.prototype, "handleNews", (handleNews) => {
        return function (this: OwnLife, now, news) {
          return news.state === "alive" ? handleNews.call(this, now, news) : "nothing";
        };
      }),
  },

  "incarnations are not compared": {
    breaks: LIVES_GROW,
    plant: () => plantPrecedence("older", "newer"),
  },

  "epochs are not compared": {
    breaks: LIVES_GROW,
    plant: () => plantPrecedence("older-epoch", "newer-epoch"),
  },

  "a later process is taken for an earlier one": {
    breaks: VIEWS_AGREE,
    plant: () => {
      const restore = plantPrecedence("newer-epoch", "older-epoch");
      const restoreDirectly = patch(MemberTable.prototype, "hearDirectly", (hearDirectly) => {
        return function (this: MemberTable, now, sign) {
          const epoch = this.rows.get(sign.from.id)?.epoch ?? Number.POSITIVE_INFINITY;
          const isLater = sign.life !== undefined && sign.life.epoch > epoch;
          return isLater ? "alive" : hearDirectly.call(this, now, sign);
        };
      });
      return () => {
        restoreDirectly();
        restore();
      };
    },
  },

  "one accuser buries": {
    breaks: TWO_BURY,
    plant: () => patch(MemberTable.prototype, "voterCount", () => () => 1),
  },

  "an accuser is named that accused nobody": {
    breaks: TWO_BURY,
    plant: () =>
      patch(MemberTable.prototype, "hear", (hear) => {
        return function (this: MemberTable, now, told, isHeardLately) {
          const { news } = told;
          if (news.state !== "suspect") return hear.call(this, now, told, isHeardLately);
          const accusers = [...(news.accusers ?? []).slice(0, 1), strangerTo(this, told)];
          const dead = { ...told, news: { ...news, state: "dead" as const, accusers } };
          return hear.call(this, now, dead, isHeardLately);
        };
      }),
  },

  "a leave is taken for a death": {
    breaks: "a life that was left does not end in death",
    plant: () =>
      patch(MemberTable.prototype, "hear", (hear) => {
        return function (this: MemberTable, now, told, isHeardLately) {
          const { news } = told;
          if (news.state !== "left") return hear.call(this, now, told, isHeardLately);
          const accusers = [news.node, this.own.node];
          const dead = { ...told, news: { ...news, state: "dead" as const, accusers } };
          return hear.call(this, now, dead, isHeardLately);
        };
      }),
  },

  // Either alone is made good by the other.
  "a stall is not noticed, and who gets no answer does not ask again": {
    breaks: "who has stood still accuses nobody who is healthy",
    live: liveRestlessly,
    plant: () => {
      const restore = patch(Attention.prototype, "attend", (attend) => {
        return function (this: Attention, now) {
          return attend.call(this, now, Number.POSITIVE_INFINITY);
        };
      });
      const restoreAsk = patch(Inquiry.prototype, "ask", (ask) => {
        return function (this: Inquiry, ...how) {
          ask.apply(this, how);
          this.isAskedAgain = true;
        };
      });
      return () => {
        restoreAsk();
        restore();
      };
    },
  },

  "a rumour does not end": {
    breaks: "news is told so often and no oftener",
    plant: () =>
      patch(Rumours.prototype, "take", (take) => {
        return function (this: Rumours, to, livingCount) {
          const taken = take.call(this, to, livingCount);
          for (const news of taken) {
            this.forget(news.node);
            this.add(news);
          }
          return taken;
        };
      }),
  },

  "a helper answers by what its table says": {
    breaks: GONE_IS_NOTICED,
    plant: plantLyingHelper,
  },

  "what a node finds out it keeps to itself": {
    breaks: GONE_IS_NOTICED,
    plant: () =>
      patch(Strategy.prototype, "tell", (tell) => {
        return function (this: Strategy, word) {
          if (word.kind !== "suspect") tell.call(this, word);
        };
      }),
  },

  "news of others is not passed on": {
    breaks: GONE_IS_NOTICED,
    plant: () => patch(Strategy.prototype, "relay", () => () => {}),
  },
};

/** Somebody who is not known to have had a say in it. */
function strangerTo(table: MemberTable, { from, news }: Told): string {
  const involved = [from, news.node, ...(news.accusers ?? [])];
  for (const { node } of table.rows) if (!involved.includes(node)) return node;
  return table.own.node;
}

type Cells = Record<MemberState, Record<Relation, Readonly<Record<MemberState, Verdict>>>>;

/** What a row makes of news in one relation is what it makes of news in another. */
function plantPrecedence(relation: Relation, taken: Relation): () => void {
  const cells = PRECEDENCE as Cells;
  const states = Object.keys(cells) as MemberState[];
  const before = states.map((state) => cells[state][relation]);
  for (const state of states) cells[state][relation] = cells[state][taken];
  return () => {
    for (const [index, state] of states.entries()) cells[state][relation] = before[index]!;
  };
}

/** It says that a member can be reached because it has heard nothing else, and does not try. */
function plantLyingHelper(): () => void {
  const answers = new WeakMap<Membership, Command[]>();
  const restore = patch(Membership.prototype, "handleProbe", () => {
    return function (this: Membership, _now, from, token, { target_node }) {
      const reachable = this.rows.get(target_node)?.state !== "dead";
      const data = { target_node, reachable };
      answers.set(this, [{ kind: "probe-result", to: from.id, token, data }]);
    };
  });
  const restoreOutput = patch(Membership.prototype, "takeOutput", (takeOutput) => {
    return function (this: Membership): Output {
      const output = takeOutput.call(this);
      output.commands.push(...(answers.get(this) ?? []));
      answers.delete(this);
      return output;
    };
  });
  return () => {
    restoreOutput();
    restore();
  };
}
