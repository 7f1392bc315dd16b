import { expect, it } from "vitest";
import {
  type KnownChannel,
  reconcile,
} from "../../../../runtime/core/delivery/sending/reconcile.js";
import type { ChannelReport } from "../../../../runtime/core/delivery/sending/wire.js";

/** Ten were sent. All up to 3 were acknowledged, and one by one as far as 7; 4 is not settled. */
const KNOWN: KnownChannel = {
  epoch: 1000,
  next: 11,
  floor: 4,
  acked: 3,
  highest: 7,
  isHeard: true,
  isSameMemory: true,
};
const UNHEARD = { acked: 0, highest: 0, floor: 1, isHeard: false };
const UNSENT = { ...UNHEARD, next: 1 };

const UNCHANGED = { kind: "unchanged" };
const delivered = (seq: number) => ({ kind: "delivered", seq, refused: [] });
const restart = (epoch: number, forgotBy?: "sender" | "receiver") => {
  return { kind: "restart", epoch, forgotBy };
};

type Row = [string, Partial<KnownChannel>, Partial<ChannelReport> | undefined, object];

it.each<Row>([
  ["all that was known", {}, { seq: 3, highest: 7 }, delivered(3)],
  ["more, and what is with handlers", {}, { seq: 5, highest: 10 }, delivered(5)],
  ["all that was sent", {}, { seq: 10, highest: 10 }, delivered(10)],
  [
    "all that was known, as nothing is beyond it any more",
    {},
    { seq: 7, highest: 7 },
    delivered(7),
  ],
  ["no highest number", {}, { seq: 3 }, delivered(3)],
  ["a highest number below the last", {}, { seq: 7, highest: 0 }, delivered(7)],

  ["nothing", {}, undefined, restart(1001, "receiver")],
  ["nothing, and never did", UNHEARD, undefined, UNCHANGED],
  ["nothing of what was given up", { ...UNHEARD, floor: 2 }, undefined, restart(1001)],
  ["an earlier epoch", {}, { epoch: 999, seq: 50, highest: 60 }, restart(1001, "receiver")],
  ["that it lost it", {}, { seq: 3, highest: 7, lost: true }, restart(1001, "receiver")],
  ["less than the last ack", {}, { seq: 2, highest: 7 }, restart(1001, "receiver")],
  ["less than the last ack, and no highest", {}, { seq: 2 }, restart(1001, "receiver")],
  ["less than it acknowledged alone", {}, { seq: 3, highest: 6 }, restart(1001, "receiver")],
  ["nothing beyond the last ack any more", {}, { seq: 3, highest: 3 }, restart(1001, "receiver")],

  ["a later epoch", {}, { epoch: 2000, seq: 3, highest: 7 }, restart(2001, "sender")],
  ["what was never sent", {}, { seq: 11, highest: 11 }, restart(1001, "sender")],
  ["what was never sent, and no highest", {}, { seq: 11 }, restart(1001, "sender")],
  ["what was never sent, beyond a gap", {}, { seq: 3, highest: 11 }, restart(1001, "sender")],
  ["too little and too much", {}, { seq: 0, highest: 11 }, restart(1001, "sender")],

  ["nothing, and nothing was sent", UNSENT, undefined, UNCHANGED],
  ["an earlier epoch, and nothing was sent", UNSENT, { epoch: 999, highest: 9 }, UNCHANGED],
  ["this epoch, and nothing was sent", UNSENT, { highest: 0 }, restart(1001, "sender")],
])("a greeting that says %s", (_, known, report, meaning) => {
  const whole = report && { channel: "control", epoch: 1000, seq: 0, ...report };
  expect(reconcile({ ...KNOWN, ...known }, whole)).toEqual(meaning);
});
