import { describe, expect, it } from "vitest";
import { SendCredit } from "../../../runtime/core/send-credit.js";

const MAX = 16_777_216;

describe("the credit to send", () => {
  it("is infinite until the greetings have agreed, and spending does not change that", () => {
    const credit = new SendCredit();
    credit.spend(1_000_000);
    expect(credit.available).toBe(Number.POSITIVE_INFINITY);
  });

  it("falls by what is spent, below zero too, and rises by what is granted", () => {
    const credit = new SendCredit();
    credit.limit(100);
    credit.spend(250);
    expect(credit.available).toBe(-150);
    credit.add(200);
    expect(credit.available).toBe(50);
  });

  it("takes grants up to the largest window and not a byte more", () => {
    const credit = new SendCredit();
    credit.limit(16);
    credit.add(MAX - 16);
    expect(credit.available).toBe(MAX);
    expect(() => credit.add(1)).toThrow(
      expect.objectContaining({
        code: "FLOW_CONTROL_ERROR",
        details: { message_type: "window.update", credit_bytes: MAX, granted_bytes: 1 },
      }),
    );
    expect(credit.available).toBe(MAX);
  });

  it("may be granted more than the largest window by as much as it is below zero", () => {
    const credit = new SendCredit();
    credit.limit(1);
    credit.spend(1000);
    credit.add(MAX + 999);
    expect(credit.available).toBe(MAX);
  });

  it("refuses a grant where flow control was not agreed", () => {
    const credit = new SendCredit();
    credit.limit(Number.POSITIVE_INFINITY);
    expect(() => credit.add(1)).toThrow(expect.objectContaining({ code: "FLOW_CONTROL_ERROR" }));
  });
});
