import { availableParallelism } from "node:os";
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

/** A client that has been made to dial, and to do what a case asks. */
export interface Client {
  /** Settles with `answer`, or with the code of the error that its application was told. */
  readonly told: Promise<string>;
  /**
   * Settles when the client has ended, which it does when its connection has.
   *
   * @throws Failed where it does not, or has not gone on serving others meanwhile
   */
  end(): Promise<void>;
}

export type MakeClient = (address: string, each: GroupedCase) => Client;

/** A client may be a process that has to start first. */
const DIAL_PATIENCE_MS = 20_000;
/** So many clients are driven at a time, each of which may be a process. */
const CONCURRENCY = 2 * availableParallelism();

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
  const client = makeClient(door.address, each);
  client.told.catch(() => {}); // Most cases do not ask.
  try {
    const conversation = await Promise.race([door.next(DIAL_PATIENCE_MS), gone(client)]);
    if (conversation === undefined) throw new Failed("no client dialled");
    await meet(each, conversation, credentials.identity, epoch, client);
  } finally {
    door.close();
    await client.end();
  }
}

/** Settles where the client ends without a word, and never otherwise. */
function gone({ told }: Client): Promise<undefined> {
  return new Promise((resolve) => {
    told.catch(() => resolve(undefined));
  });
}

/** Lives through one case with a client that has dialled. */
async function meet(
  each: GroupedCase,
  conversation: Conversation,
  me: PeerIdentity,
  epoch: number,
  { told }: Client,
): Promise<void> {
  const scope = new Scope(me.id, conversation.peer.id, epoch);
  try {
    assertRoles(each, me, conversation.peer);
    await hearHello(conversation, scope);
    if (each.state !== "greeting") await greetClient(conversation, scope, each);
    await takeSteps(conversation, each.steps, scope);
    const { caller } = await assertOutcome(conversation, each.expect, scope);
    if (caller !== undefined) assertTold(caller, await inTime(told));
  } finally {
    conversation.destroy();
  }
}

function inTime(told: Promise<string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("nothing"), PATIENCE_MS);
    told.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function assertTold(expected: string, got: string): void {
  if (got === expected) return;
  throw new Failed(`expected its application to be told ${expected}, got ${got}`);
}
