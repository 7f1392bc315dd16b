import { OrderGate } from "../../../runtime/core/delivery/receiving/order-gate.js";
import { ReceiveChannel } from "../../../runtime/core/delivery/receiving/receive-channel.js";
import { ReceivedChannels } from "../../../runtime/core/delivery/receiving/received-channels.js";
import { Attempts } from "../../../runtime/core/delivery/sending/attempts.js";
import { Epochs } from "../../../runtime/core/delivery/sending/epochs.js";
import { OutgoingMessage } from "../../../runtime/core/delivery/sending/outgoing.js";
import { RetryBudget } from "../../../runtime/core/delivery/sending/retry-budget.js";
import { SendChannel } from "../../../runtime/core/delivery/sending/send-channel.js";
import { SendWindow } from "../../../runtime/core/delivery/sending/send-window.js";
import { toRnpError } from "../../../runtime/core/error.js";
import { InboundMessage } from "../../../runtime/core/inbound.js";
import { everyTime, patch, patchGetter } from "./patch.js";

/** A fault of delivery in channels, and the rule that has to find it. */
export interface ChannelFault {
  readonly breaks: string;
  plant(): () => void;
}

const WINDOW = 1024;
const LONG_AGO = Number.NEGATIVE_INFINITY;

export const CHANNEL_FAULTS: Readonly<Record<string, ChannelFault>> = {
  "a greeting says of one message too many that it was handled": {
    breaks: "what was delivered in a channel was handled before",
    plant: () =>
      patch(ReceiveChannel.prototype, "report", (report) => {
        return function (this: ReceiveChannel) {
          const told = report.call(this);
          return { ...told, seq: told.seq + 1 };
        };
      }),
  },

  "an ack covers what lies before the last that was handled": {
    breaks: "what is acknowledged has been settled",
    plant: () =>
      patch(ReceiveChannel.prototype, "takeAck", (takeAck) => {
        return function (this: ReceiveChannel) {
          const ack = takeAck.call(this);
          return ack.beyond === undefined ? ack : { ...ack, seq: Math.max(...ack.beyond) };
        };
      }),
  },

  "a copy of what was handled is taken for new": {
    breaks: "a copy of what was handled never runs while its receiver does",
    plant: () =>
      patch(ReceiveChannel.prototype, "judge", (judge) => {
        return function (this: ReceiveChannel, ...place) {
          const verdict = judge.apply(this, place);
          return verdict === "duplicate" ? "new" : verdict;
        };
      }),
  },

  "what timed out is taken for new where its error was lost": {
    breaks: "what is promised exactly once has no second effect, whoever restarts",
    plant: () =>
      patch(ReceiveChannel.prototype, "judge", (judge) => {
        return function (this: ReceiveChannel, seq, ...rest) {
          const verdict = judge.call(this, seq, ...rest);
          return verdict === "refused" && this.codeOf(seq) === "TIMEOUT" ? "new" : verdict;
        };
      }),
  },

  "a lower epoch is not fenced off": {
    breaks: "once a later life of a sender has begun a channel, no earlier one is heard",
    plant: () => {
      const outdated = new Map<string, ReceiveChannel>();
      return patch(ReceivedChannels.prototype, "find", (find) => {
        return function (this: ReceivedChannels, name, epoch, ...rest) {
          try {
            return find.call(this, name, epoch, ...rest);
          } catch (thrown) {
            if (toRnpError(thrown).code !== "CONFLICT") throw thrown;
            const key = `${name} ${epoch}`;
            const channel = outdated.get(key) ?? new ReceiveChannel(name, epoch);
            outdated.set(key, channel);
            return channel;
          }
        };
      });
    },
  },

  "the floor is ignored": {
    breaks: "what is below the floor that has come never begins any more",
    plant: () =>
      patch(ReceiveChannel.prototype, "judge", (judge) => {
        return function (this: ReceiveChannel, seq, _floor, isOrdered) {
          return judge.call(this, seq, Math.max(1, seq - WINDOW + 1), isOrdered);
        };
      }),
  },

  "order is kept on each connection, not in the channel": {
    breaks: "a channel is handled in order, one message after the other",
    plant: () => {
      const byConnection = new WeakMap<object, OrderGate>();
      const byMessage = new WeakMap<object, OrderGate>();
      return patchGetter(InboundMessage.prototype, "gate", (gate, message) => {
        const connection = message.channel?.sink;
        if (gate === undefined || connection === undefined) return gate;
        const own = byMessage.get(message) ?? byConnection.get(connection) ?? new OrderGate();
        byConnection.set(connection, own);
        byMessage.set(message, own);
        return own;
      });
    },
  },

  "what waits is not turned away when one before it is refused for now": {
    breaks: "a channel is handled in order, one message after the other",
    plant: () => patch(OrderGate.prototype, "dropBehind", () => () => new Set<number>()),
  },

  "what was given up is sent again": {
    breaks: "nothing is sent again that is settled, or that its connection still carries",
    plant: () => patch(SendWindow.prototype, "abandon", () => () => {}),
  },

  "what was refused for good is sent again": {
    breaks: "nothing is sent again that is settled, or that its connection still carries",
    plant: () =>
      patch(SendChannel.prototype, "refused", (refused) => {
        return function (this: SendChannel, now, id, error) {
          const retryable = { value: error.code !== "SESSION_LOST" };
          return refused.call(this, now, id, Object.create(error, { retryable }));
        };
      }),
  },

  "the window is ignored": {
    breaks: "each message has one place, in a window that begins at what is not settled",
    plant: () => patchGetter(SendWindow.prototype, "hasRoom", () => true),
  },

  "the floor passes what is not settled, now and then": {
    breaks: "each message has one place, in a window that begins at what is not settled",
    plant: () => {
      const isTime = everyTime(50);
      return patchGetter(SendWindow.prototype, "floor", (floor, { next }) =>
        floor < next - 1 && isTime() ? floor + 1 : floor,
      );
    },
  },

  "a lost session is neither told nor heeded": {
    breaks: "what is promised exactly once has no second effect, whoever restarts",
    plant: () => {
      const restoreFind = patch(ReceivedChannels.prototype, "find", (find) => {
        return function (this: ReceivedChannels, name, epoch, _floor, isDurable) {
          return find.call(this, name, epoch, 1, isDurable);
        };
      });
      const restoreGreeted = patch(Epochs.prototype, "greeted", (greeted) => {
        return function (this: Epochs, now, report, memory, beganAt) {
          greeted.call(this, now, report, memory, report === undefined ? LONG_AGO : beganAt);
        };
      });
      return () => {
        restoreFind();
        restoreGreeted();
      };
    },
  },

  "what may have run is reported as not delivered": {
    breaks: "what was not delivered in a channel, or rejected, never has an effect",
    plant: () => patchGetter(OutgoingMessage.prototype, "mayHaveRun", () => false),
  },

  "a message is tried again and again": {
    breaks: "no more than five attempts are made",
    plant: () => {
      const restoreFailed = patch(RetryBudget.prototype, "failed", () => () => {});
      const restoreRefused = patch(Attempts.prototype, "refused", (refused) => {
        return function (this: Attempts, now, message, error) {
          message.failureCount = 0;
          refused.call(this, now, message, error);
        };
      });
      return () => {
        restoreFailed();
        restoreRefused();
      };
    },
  },
};
