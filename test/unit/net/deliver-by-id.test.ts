import { expect, it } from "vitest";
import { RnpError } from "../../../runtime/core/error.js";
import { now } from "../../../runtime/net/clock.js";
import { deliverById } from "../../../runtime/net/deliver-by-id.js";

const LOST = new RnpError("UNAVAILABLE", "the connection was lost", { outcome: "unknown" });
const REFUSED = new RnpError("UNAVAILABLE", "nobody listens there");

/** Delivers by attempts that fail with `errors` in turn, then succeed; counts them. */
async function delivery(errors: readonly RnpError[], isOver = () => false) {
  let count = 0;
  const attempt = async () => {
    const error = errors[count];
    count += 1;
    if (error !== undefined) throw error;
  };
  const giveUpAt = now() + 60_000;
  const failure = await deliverById(attempt, { giveUpAt, signal: undefined, isOver }).catch(
    (error) => error,
  );
  return { count, failure };
}

it("tries again after an error that a retry may mend", async () => {
  expect(await delivery([REFUSED, LOST])).toEqual({ count: 3, failure: undefined });
});

it("tells that it may have arrived once any attempt may have", async () => {
  const forged = new RnpError("AUTH_FAILED", "not a certificate of this cluster");
  const { count, failure } = await delivery([LOST, forged]);
  expect(count).toBe(2);
  expect(failure).toMatchObject({ code: "AUTH_FAILED", outcome: "unknown" });
});

it("does not try again when no attempt can succeed any more", async () => {
  const { count, failure } = await delivery([LOST, REFUSED], () => true);
  expect(count).toBe(1);
  expect(failure).toMatchObject({ code: "UNAVAILABLE", outcome: "unknown" });
});
