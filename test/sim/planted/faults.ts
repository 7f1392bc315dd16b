import { Correspondence } from "../../../runtime/core/correspondence.js";
import { HeldFrames } from "../../../runtime/core/held-frames.js";
import { Inbox } from "../../../runtime/core/inbox.js";
import { Keepalive } from "../../../runtime/core/keepalive.js";
import { Lifecycle } from "../../../runtime/core/lifecycle.js";
import { Outbound } from "../../../runtime/core/outbound.js";
import { Outstanding } from "../../../runtime/core/outstanding.js";
import { ReceiveWindow } from "../../../runtime/core/receive-window.js";
import { Reception } from "../../../runtime/core/reception.js";
import { SendCredit } from "../../../runtime/core/send-credit.js";
import { Disk } from "../disk/disk.js";
import { Handlers } from "../node/handlers.js";
import { everyTime, patch, patchGetter } from "./patch.js";

const FOR_EVER = Number.POSITIVE_INFINITY;

/** Rules that have to find some of them, whatever else does. */
export const BREAKS: Readonly<Record<string, string>> = {
  "a frame is taken twice, now and then":
    "a handler runs at most once, and only for a message that was sent",
};

/** Faults as somebody might make them. Each plants one, and returns how to take it out again. */
export const PLANTED: Readonly<Record<string, () => () => void>> = {
  "credit is given back twice, now and then": () => {
    const isTime = everyTime(50);
    return patch(ReceiveWindow.prototype, "release", (release) => {
      return function (this: ReceiveWindow, bytes) {
        release.call(this, bytes);
        if (isTime()) release.call(this, bytes);
      };
    });
  },

  "credit is given back when a message is read, not when it is settled": () => {
    const { release } = ReceiveWindow.prototype;
    const restoreCharge = patch(ReceiveWindow.prototype, "charge", (charge) => {
      return function (this: ReceiveWindow, bytes) {
        charge.call(this, bytes);
        release.call(this, bytes);
      };
    });
    const restoreRelease = patch(ReceiveWindow.prototype, "release", () => () => {});
    return () => {
      restoreCharge();
      restoreRelease();
    };
  },

  "credit is not given back for what was cancelled": () =>
    patch(Inbox.prototype, "cancel", (cancel) => {
      return function (this: Inbox, message) {
        cancel.call(this, message);
        message.isSettled = true;
      };
    }),

  "a byte of credit more than was used is given back, now and then": () => {
    const isTime = everyTime(20);
    return patch(ReceiveWindow.prototype, "takeGrant", (takeGrant) => {
      return function (this: ReceiveWindow) {
        const bytes = takeGrant.call(this);
        return bytes > 0 && isTime() ? bytes + 1 : bytes;
      };
    });
  },

  "a message leaves at no credit": () =>
    patchGetter(SendCredit.prototype, "available", (credit) => (credit <= 0 ? 1 : credit)),

  "what was taken back while it waited for credit leaves all the same": () =>
    patch(HeldFrames.prototype, "remove", () => {
      return function (this: HeldFrames, key) {
        return this.has(key);
      };
    }),

  "what has left is reported as not delivered": () =>
    patch(Outbound.prototype, "revoke", () => () => true),

  "the end of a stream overtakes items that wait for credit": () =>
    patch(Outbound.prototype, "writeBehind", () => {
      return function (this: Outbound, type, data, heading) {
        this.write(type, data, heading);
      };
    }),

  "room for items overtakes the request for the stream": () =>
    patch(Outbound.prototype, "writeAfter", () => {
      return function (this: Outbound, _key, type, data) {
        this.write(type, data);
      };
    }),

  "a message passes those that wait for credit, now and then": () => {
    const isTime = everyTime(3);
    return patchGetter(HeldFrames.prototype, "isEmpty", (isEmpty) => isEmpty || isTime());
  },

  "an answer goes to the request after its own, now and then": () => {
    const isTime = everyTime(5);
    return patch(Correspondence.prototype, "answered", (answered) => {
      return function (this: Correspondence, now, type, key, data) {
        const next = typeof key === "number" ? key + 1 : undefined;
        const hasNext = next !== undefined && this.get(next)?.type.answer === type;
        return answered.call(this, now, type, hasNext && isTime() ? next : key, data);
      };
    });
  },

  "an acknowledgement is awaited for ever": () =>
    patch(Outstanding.prototype, "add", (add) => {
      return function (this: Outstanding, waiting) {
        const isEndless = waiting.awaits === "acknowledgement";
        add.call(this, isEndless ? { ...waiting, timeoutMs: FOR_EVER } : waiting);
      };
    }),

  "a late answer settles what has timed out once more": () =>
    patch(Outstanding.prototype, "takeDue", (takeDue) => {
      return function (this: Outstanding, now) {
        const due = takeDue.call(this, now);
        if (due?.awaits === "answer") this.add({ ...due, timeoutMs: FOR_EVER });
        return due;
      };
    }),

  "a silent peer is never given up": () =>
    patch(Keepalive.prototype, "due", (due) => {
      return function (this: Keepalive, now) {
        const what = due.call(this, now);
        if (what !== "gone") return what;
        this.heard(now);
        return "nothing";
      };
    }),

  "a frame is taken twice, now and then": () => {
    const isTime = everyTime(100);
    return patch(Reception.prototype, "take", (take) => {
      return function (this: Reception, ...frame) {
        take.apply(this, frame);
        if (isTime()) take.apply(this, frame);
      };
    });
  },

  "whoever hears a goodbye does not finish what is in flight": () =>
    patch(Lifecycle.prototype, "hearGoodbye", () => {
      return function (this: Lifecycle) {
        this.close();
      };
    }),

  "memory is used again before it was written": () => {
    const { written } = Outbound.prototype;
    const restoreTake = patch(Outbound.prototype, "take", (take) => {
      return function (this: Outbound) {
        const pieces = take.call(this);
        if (pieces.length > 0) written.call(this);
        return pieces;
      };
    });
    const restoreWritten = patch(Outbound.prototype, "written", () => () => {});
    return () => {
      restoreTake();
      restoreWritten();
    };
  },

  "a message is acknowledged when it has come, not when it has been handled": () =>
    patch(Handlers.prototype, "handle", (handle) => {
      return function (this: Handlers, link, message) {
        if (message.requiresAck) link.settle(message);
        handle.call(this, link, message);
      };
    }),

  "a disk says that it has written before it has": () =>
    patch(Disk.prototype, "commit", (commit) => {
      return function (this: Disk, changes) {
        commit.call(this, changes).catch(() => {});
        return Promise.resolve();
      };
    }),
};
