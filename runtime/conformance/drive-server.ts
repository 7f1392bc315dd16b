import type { Address } from "../net/address.js";
import type { Credentials } from "../security/credentials.js";
import { dialPeer } from "./dial.js";
import { assertOutcome } from "./expectations.js";
import { greetServer } from "./greet.js";
import { GoodConnection } from "./guard.js";
import { assertRoles } from "./roles.js";
import { takeSteps } from "./steps.js";
import type { GroupedCase } from "./table.js";
import { Scope } from "./values.js";
import { type Verdict, verdictOf } from "./verdict.js";

export interface DriveOptions {
  readonly credentials: Credentials;
  /** Called with each verdict as it is found. */
  readonly onVerdict: (verdict: Verdict) => void;
}

/** So many cases are lived through at a time; none disturbs another, as each has its own connection. */
const CONCURRENCY = 8;

/**
 * Drives a peer that listens at `address` through cases whose side is the server. Beside them one connection stays
 * open on which it must go on answering.
 *
 * @throws RnpError where the peer cannot be reached, or does not greet
 */
export async function driveServer(
  address: Address,
  cases: readonly GroupedCase[],
  { credentials, onVerdict }: DriveOptions,
): Promise<void> {
  const epoch = Date.now();
  const good = await GoodConnection.open(credentials.identity, () =>
    greeted(address, credentials, epoch),
  );
  const rest = cases.values();
  const work = async () => {
    for (const each of rest) {
      onVerdict(await verdictOf(each, () => live(each, address, credentials, good, epoch)));
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
  } finally {
    good.close();
  }
}

async function greeted(address: Address, credentials: Credentials, epoch: number) {
  const conversation = await dialPeer(address, credentials);
  const { identity } = credentials;
  await greetServer(conversation, identity, new Scope(identity.id, conversation.peer.id, epoch));
  return conversation;
}

async function live(
  each: GroupedCase,
  address: Address,
  credentials: Credentials,
  good: GoodConnection,
  epoch: number,
): Promise<void> {
  const { identity: me } = credentials;
  assertRoles(each, me, good.peer);
  const conversation = await dialPeer(address, credentials);
  const scope = new Scope(me.id, conversation.peer.id, epoch);
  try {
    if (each.state !== "greeting") await greetServer(conversation, me, scope, each);
    await takeSteps(conversation, each.steps, scope);
    await assertOutcome(conversation, each.expect, scope);
  } finally {
    conversation.destroy();
  }
  await good.assertServed();
}
