import { describe, expect, it } from "vitest";
import { Admission, type AdmissionLimits, type Guest } from "../../../runtime/net/admission.js";

const LIMITS: AdmissionLimits = {
  unprovenMax: 8,
  unprovenPerAddressMax: 4,
  handshakesPerSecond: 10,
  handshakeBurst: 6,
};

const HOST = "10.0.0.1";

/** Lets in as many as may come, at `now`, and gives them with the reason why no more did. */
function crowd(admission: Admission, now: number, address = HOST) {
  const guests: Guest[] = [];
  for (;;) {
    const admitted = admission.admit(now, address);
    if (typeof admitted === "string") return { guests, refusal: admitted };
    guests.push(admitted);
  }
}

/** How many may come one after the other, each gone before the next comes. */
function procession(admission: Admission, now: number, address = HOST): number {
  for (let count = 0; ; count += 1) {
    const admitted = admission.admit(now, address);
    if (typeof admitted === "string") return count;
    admitted.release();
  }
}

describe("those who have not proven themselves", () => {
  it("are so many of one address, and so many in all", () => {
    const admission = new Admission(LIMITS);
    const first = crowd(admission, 0);
    expect([first.guests.length, first.refusal]).toEqual([4, "unproven-of-address"]);
    expect(crowd(admission, 0, "10.0.0.2").guests).toHaveLength(4);
    expect(crowd(admission, 0, "10.0.0.3")).toEqual({ guests: [], refusal: "unproven" });
  });

  it("make room when they have, or have gone, and each once", () => {
    const admission = new Admission(LIMITS);
    const { guests } = crowd(admission, 0);
    guests[0]!.release();
    guests[0]!.release();
    expect(admission.unprovenCount).toBe(3);
    expect(crowd(admission, 0).guests).toHaveLength(1);
  });
});

describe("the handshakes of one address", () => {
  it("come in a burst, and then at their rate", () => {
    const admission = new Admission(LIMITS);
    expect(procession(admission, 0)).toBe(6);
    expect(admission.admit(99, HOST)).toBe("handshake-rate");
    expect(procession(admission, 100)).toBe(1);
    expect(procession(admission, 400)).toBe(3);
    expect(procession(admission, 60_000)).toBe(6);
  });

  it("cost no other address anything", () => {
    const admission = new Admission(LIMITS);
    procession(admission, 0);
    expect(procession(admission, 0, "10.0.0.2")).toBe(6);
  });

  it("that are refused cost nothing", () => {
    const admission = new Admission(LIMITS);
    procession(admission, 0);
    for (let at = 0; at < 100; at += 1) admission.admit(at, HOST);
    expect(procession(admission, 100)).toBe(1);
  });

  it.each([
    ["10.0.0.1", "::ffff:10.0.0.1"],
    ["2001:db8::1", "2001:db8::ffff:1"],
    ["2001:db8:0:0:1::", "2001:db8::2:0:0:1"],
    ["fe80::1%eth0", "fe80::2%eth1"],
    ["::1", "::2"],
  ])("%s counts for %s too", (one, other) => {
    const admission = new Admission(LIMITS);
    procession(admission, 0, one);
    expect(procession(admission, 0, other)).toBe(0);
  });

  it.each([
    ["10.0.0.1", "10.0.0.2"],
    ["2001:db8::1", "2001:db8:0:1::1"],
    ["2001:db8:1::", "2001:db8:2::"],
  ])("%s does not count for %s", (one, other) => {
    const admission = new Admission(LIMITS);
    procession(admission, 0, one);
    expect(procession(admission, 0, other)).toBe(6);
  });
});
