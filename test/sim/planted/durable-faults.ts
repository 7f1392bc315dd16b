import { DurableHandling } from "../../../runtime/core/delivery/keeping/durable-handling.js";
import { type ChannelJournal, Journal } from "../../../runtime/core/delivery/keeping/journal.js";
import type { KeptToken } from "../../../runtime/core/delivery/keeping/kept-token.js";
import { OutboxChannel } from "../../../runtime/core/delivery/keeping/outbox-channel.js";
import { ReceiveChannel } from "../../../runtime/core/delivery/receiving/receive-channel.js";
import type { ReceivedRecord } from "../../../runtime/core/delivery/records.js";
import { Epochs } from "../../../runtime/core/delivery/sending/epochs.js";
import { SendChannel } from "../../../runtime/core/delivery/sending/send-channel.js";
import { Keeper } from "../node/keeper.js";
import type { ChannelFault } from "./channel-faults.js";
import { patch, patchGetter } from "./patch.js";

/** Changes how all journals keep what was handled. */
function patchJournals(
  change: (journal: ChannelJournal, before: ReceivedRecord | undefined) => ChannelJournal["keep"],
): () => void {
  return patch(Journal.prototype, "of", (of) => {
    return function (this: Journal, peer) {
      const journal = of.call(this, peer);
      const last = new Map<string, ReceivedRecord>();
      return {
        keep: (record, batch) => {
          const before = last.get(record.channel);
          last.set(record.channel, record);
          return change(journal, before)(record, batch);
        },
      };
    };
  });
}

/** Faults of what is to survive a crash. */
export const DURABLE_FAULTS: Readonly<Record<string, ChannelFault>> = {
  "a message is acknowledged before it is durable": {
    breaks: "what was delivered was handled, and is on disk where that was promised",
    plant: () =>
      patch(ReceiveChannel.prototype, "keepHandled", (keepHandled) => {
        return function (this: ReceiveChannel, seq, batch) {
          const kept = keepHandled.call(this, seq, batch);
          this.oweAck(seq);
          return kept;
        };
      }),
  },

  "that a message was handled is written down with the next one": {
    breaks: "what is promised exactly once has one effect on a disk",
    plant: () =>
      patchJournals((journal, before) => (record, batch) => journal.keep(before ?? record, batch)),
  },

  "an effect is written before the record of its message": {
    breaks: "what is promised exactly once has one effect on a disk",
    plant: () =>
      patchJournals((journal, before) => (record, batch) => {
        if (before === undefined) return journal.keep(record, batch);
        journal.keep(before, batch).catch(() => {});
        return journal.keep(record);
      }),
  },

  "a message is taken out of the outbox when it is sent": {
    breaks: "what is in an outbox is handled, reported or still there",
    plant: () =>
      patch(SendChannel.prototype, "accept", (accept) => {
        return function (this: SendChannel, now, message) {
          accept.call(this, now, message);
          if (message.isKept) (message.token as KeptToken).withdrawn();
        };
      }),
  },

  "that a message is not delivered is told while it is in the outbox": {
    breaks: "what was not delivered in a channel, or rejected, never has an effect",
    plant: () =>
      patch(OutboxChannel.prototype, "forget", (forget) => {
        return function (this: OutboxChannel, number) {
          forget.call(this, number).catch(() => {});
          return Promise.resolve();
        };
      }),
  },

  "a message leaves before it is in the outbox": {
    breaks: "what a handler sends is in the outbox just when its effect is there",
    plant: () =>
      patch(Keeper.prototype, "commit", (commit) => {
        return function (this: Keeper, planned, write) {
          for (const { send } of planned) send.dispatch();
          return commit.call(this, planned, write);
        };
      }),
  },

  "how far a channel has come is not written down": {
    breaks: "no two messages ever have the same place of an epoch",
    plant: () =>
      patch(OutboxChannel.prototype, "forget", () => {
        return function (this: OutboxChannel, number) {
          return this.outbox.commit({ settled: [{ ...this.key, number }] });
        };
      }),
  },

  "what was refused is acknowledged before the store knows it": {
    breaks: "only a store that was lost or set back is reported as that",
    plant: () => patchGetter(DurableHandling.prototype, "cum", () => Number.POSITIVE_INFINITY),
  },

  "a store that was lost is taken for the same": {
    breaks: "what is promised exactly once has no second effect, whoever restarts",
    plant: () =>
      patch(Epochs.prototype, "greeted", (greeted) => {
        return function (this: Epochs, now, report, memory, beganAt) {
          greeted.call(this, now, report, memory && "a store", beganAt);
        };
      }),
  },
};
