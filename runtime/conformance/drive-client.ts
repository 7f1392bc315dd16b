import type { PeerIdentity } from "../core/identity.js";
import type { Credentials } from "../security/credentials.js";
import type { Conversation } from "./conversation.js";
import { Door } from "./door.js";
import type { DriveOptions } from "./drive-server.js";
import { assertOutcome } from "./expectations.js";
import { greetClient, hearHello } from "./greet.js";
import { PATIENCE_MS } from "./patience.js";
import { assertRoles } from "./roles.js";
import { takeSteps } from "./steps.js";
import type { GroupedCase } from "./table.js";
import { Scope } from "./values.js";
import { Failed, verdictOf } from "./verdict.js";

/**
 * Makes a client dial `address` and do there what the case asks. Settles with `answer`, or with the code of the error
 * that its application was told; rejects where it does not go on serving others.
 */
export type MakeClient = (address: string, each: GroupedCase) => Promise<string>;

/** So many clients are driven at a time. */
const CONCURRENCY = 8;

/** Drives clients through cases whose side is the client, each at a door of its own. */
export async function driveClient(
  cases: readonly GroupedCase[],
  { credentials, onVerdict }: DriveOptions,
  makeClient: MakeClient,
): Promise<void> {
  const epoch = Date.now();
  const rest = cases.values();
  const work = async () => {
    for (const each of rest) {
      onVerdict(await verdictOf(each, () => receive(each, credentials, epoch, makeClient)));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

async function receive(
  each: GroupedCase,
  credentials: Credentials,
  epoch: number,
  makeClient: MakeClient,
): Promise<void> {
  const door = await Door.open({ host: "127.0.0.1", port: 0 }, credentials);
  const told = makeClient(door.address, each);
  told.catch(() => {}); // It is awaited below, whatever happens until then.
  try {
    const conversation = await door.next(PATIENCE_MS);
    if (conversation === undefined) throw new Failed("no client dialled");
    await meet(each, conversation, credentials.identity, epoch, told);
  } finally {
    door.close();
  }
  await told;
}

/** Lives through one case with a client that has dialled. */
export async function meet(
  each: GroupedCase,
  conversation: Conversation,
  me: PeerIdentity,
  epoch: number,
  told?: Promise<string>,
): Promise<void> {
  const scope = new Scope(me.id, conversation.peer.id, epoch);
  try {
    assertRoles(each, me, conversation.peer);
    await hearHello(conversation, scope);
    if (each.state !== "greeting") await greetClient(conversation, scope, each);
    await takeSteps(conversation, each.steps, scope);
    const { caller } = await assertOutcome(conversation, each.expect, scope);
    if (caller !== undefined && told !== undefined) assertTold(caller, await told);
  } finally {
    conversation.destroy();
  }
}

function assertTold(expected: string, got: string): void {
  if (got === expected) return;
  throw new Failed(`expected its application to be told ${expected}, got ${got}`);
}
