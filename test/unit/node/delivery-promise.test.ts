import { describe, expect, it } from "vitest";
import { INSTANCE_STOPPED } from "../../../generated/messages/instance/stopped.js";
import { assertDelivery, type DeliveryPromise } from "../../../runtime/node/delivery-promise.js";
import type { Delivery } from "../../../runtime/wire/message-type.js";

const typeWith = (delivery: Delivery) => ({ ...INSTANCE_STOPPED, delivery });

describe("what is asked for a message", () => {
  const all = ["at-most-once", "at-least-once", "exactly-once-while-running", "exactly-once"];
  const allowed: readonly [Delivery, number][] = [
    ["at-most-once", 0],
    ["at-least-once", 1],
    ["exactly-once", 3],
  ];
  it.each(allowed)("is as much as its schema promises, %s, or more", (delivery, from) => {
    for (const [index, promise] of (all as DeliveryPromise[]).entries()) {
      const ask = () => assertDelivery(typeWith(delivery), promise, undefined);
      if (index < from) expect(ask).toThrow(`promised ${delivery} by its schema`);
      else expect(ask()).toBe(promise === "at-most-once" ? undefined : promise);
    }
  });

  it.each(["", "Orders", "a.b", "control", "x".repeat(57)])("is in no channel %j", (name) => {
    expect(() => assertDelivery(INSTANCE_STOPPED, "at-least-once", name)).toThrow(
      "expected a name",
    );
  });

  it("is in no channel at all where it is at-most-once", () => {
    const ask = () => assertDelivery(typeWith("at-most-once"), "at-most-once", "mine");
    expect(ask).toThrow("in no channel");
  });
});
