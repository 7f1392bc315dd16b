import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReceiveWindow } from "../../../runtime/core/receive-window.js";

const SIZE = 65_536;
const SIZE_MAX = 16_777_216;

function enforced(): ReceiveWindow {
  const window = new ReceiveWindow();
  window.enforce();
  return window;
}

/** Takes messages of `size` bytes in all and settles them. */
function handle(window: ReceiveWindow, size: number): void {
  window.charge(size);
  window.release(size);
}

describe("the window for what the peer sends", () => {
  it("lets a message begin at one byte of credit, however large it is, and none after it", () => {
    const window = enforced();
    window.charge(SIZE - 1);
    window.charge(1_000_000);
    expect(window.unsettledSize).toBe(SIZE - 1 + 1_000_000);
    expect(() => window.assertCredit("mesh.query")).toThrow(
      expect.objectContaining({
        code: "FLOW_CONTROL_ERROR",
        message: expect.stringContaining("mesh.query"),
        details: { message_type: "mesh.query", credit_bytes: -999_999 },
      }),
    );
  });

  it("lets none begin at exactly no credit", () => {
    const window = enforced();
    window.charge(SIZE - 1);
    expect(() => window.assertCredit("fs.replicate")).not.toThrow();
    window.charge(1);
    expect(() => window.assertCredit("fs.replicate")).toThrow(/FLOW_CONTROL_ERROR/);
  });

  it("only counts where flow control was not agreed, and grants nothing", () => {
    const window = new ReceiveWindow();
    handle(window, 10 * SIZE);
    window.charge(7);
    expect(window.unsettledSize).toBe(7);
    expect(window.receivedSize).toBe(10 * SIZE + 7);
    expect(window.takeGrant()).toBe(0);
    expect(window.canGrow).toBe(false);
  });
});

describe("a grant", () => {
  it("waits for half of the window while the peer has much credit", () => {
    const window = enforced();
    handle(window, SIZE / 2 - 1);
    expect(window.takeGrant()).toBe(0);
    handle(window, 1);
    expect(window.takeGrant()).toBe(SIZE / 2);
    expect(window.takeGrant()).toBe(0);
  });

  it("waits for an eighth of it while the peer has little", () => {
    const window = enforced();
    window.charge(SIZE * 0.75 + 1);
    window.release(SIZE / 8 - 1);
    expect(window.takeGrant()).toBe(0);
    window.release(1);
    expect(window.takeGrant()).toBe(SIZE / 8);
  });

  it("waits for nothing when the peer has none", () => {
    const window = enforced();
    window.charge(SIZE);
    expect(window.takeGrant()).toBe(0);
    window.release(1);
    expect(window.takeGrant()).toBe(1);
  });
});

describe("the growth of the window", () => {
  it("doubles it where two thirds of it came within a round trip, and grants the rest", () => {
    const window = enforced();
    handle(window, SIZE);
    window.takeGrant();
    expect(window.measured(Math.ceil((SIZE * 2) / 3))).toBe(true);
    expect(window.size).toBe(2 * SIZE);
    expect(window.takeGrant()).toBe(SIZE);
  });

  it("leaves it where less came: the peer had nothing more to send", () => {
    const window = enforced();
    expect(window.measured(Math.floor((SIZE * 2) / 3) - 1)).toBe(false);
    expect(window.size).toBe(SIZE);
  });

  it("leaves it where handlers have more than half of it: a larger one would only fill too", () => {
    const window = enforced();
    window.charge(SIZE / 2 + 1);
    expect(window.measured(SIZE)).toBe(false);
    window.release(1);
    expect(window.measured(SIZE)).toBe(true);
  });

  it("ends at 16 MiB, whatever was measured", () => {
    const window = enforced();
    expect(window.canGrow).toBe(true);
    window.measured(SIZE_MAX / 4 - 1);
    expect(window.size).toBe(SIZE_MAX / 2 - 2);
    window.measured(SIZE_MAX);
    expect(window.size).toBe(SIZE_MAX);
    expect(window.canGrow).toBe(false);
    window.measured(10 * SIZE_MAX);
    expect(window.size).toBe(SIZE_MAX);
  });
});

/** What a peer and our handlers may do, one after another. */
const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("charge" as const),
      bytes: fc.integer({ min: 1, max: 200_000 }),
    }),
    fc.record({ kind: fc.constant("settle" as const), index: fc.nat() }),
    fc.record({ kind: fc.constant("grant" as const) }),
    fc.record({ kind: fc.constant("measure" as const), bytes: fc.nat(2 * SIZE_MAX) }),
  ),
  { maxLength: 200 },
);

it("credit, what handlers have and what was not granted again always add up to the window", () => {
  fc.assert(
    fc.property(steps, (schedule) => {
      const window = enforced();
      let credit = SIZE;
      const unsettled: number[] = [];
      for (const step of schedule) {
        if (step.kind === "charge" && credit > 0) {
          window.charge(step.bytes);
          credit -= step.bytes;
          unsettled.push(step.bytes);
        } else if (step.kind === "settle" && unsettled.length > 0) {
          window.release(unsettled.splice(step.index % unsettled.length, 1)[0]!);
        } else if (step.kind === "measure") window.measured(step.bytes);
        else credit += window.takeGrant();
        const settled = unsettled.reduce((sum, bytes) => sum + bytes, 0);
        expect(window.unsettledSize).toBe(settled);
        expect(credit + settled).toBeLessThanOrEqual(window.size);
        expect(window.size).toBeLessThanOrEqual(SIZE_MAX);
      }
      for (const bytes of unsettled.splice(0)) window.release(bytes);
      credit += window.takeGrant();
      // What is held back is never worth waiting for.
      expect(credit).toBeGreaterThan(window.size / 2 - 1);
    }),
  );
});
