import { VERSION } from "../core/handshake.js";
import type { PeerIdentity } from "../core/identity.js";
import type { Conversation } from "./conversation.js";
import { bytesOfFrame } from "./frames.js";
import { PATIENCE_MS } from "./patience.js";
import type { Case } from "./table.js";
import type { Scope } from "./values.js";
import { Failed, Skipped } from "./verdict.js";

type Greeting = Pick<Case, "needs" | "greeting">;

/** Says `hello` to a peer that we dialled, and takes its `hello_ack`. */
export async function greetServer(
  conversation: Conversation,
  me: PeerIdentity,
  scope: Scope,
  { needs = [], greeting }: Greeting = {},
): Promise<void> {
  const data = { version: VERSION, node_id: me.id, capabilities: needs, ...greeting };
  conversation.offer(needs);
  await conversation.write(bytesOfFrame({ message: { type: "hello", data } }, scope));
  scope.remember("hello_ack", await heardGreeting(conversation, "hello_ack"));
  assertInForce(conversation, needs);
}

/** Takes the `hello` of a peer that dialled us. */
export async function hearHello(conversation: Conversation, scope: Scope): Promise<void> {
  scope.remember("hello", await heardGreeting(conversation, "hello"));
}

/** Answers the `hello` that was heard. */
export async function greetClient(
  conversation: Conversation,
  scope: Scope,
  { needs = [], greeting }: Greeting,
): Promise<void> {
  const theirs = (scope.heard("hello.data") as { capabilities?: readonly string[] }).capabilities;
  conversation.agree(needs, theirs);
  assertInForce(conversation, needs);
  const data = { version: VERSION, capabilities: needs, ...greeting };
  await conversation.write(bytesOfFrame({ message: { type: "hello_ack", data } }, scope));
}

async function heardGreeting(conversation: Conversation, type: string) {
  const heard = await conversation.hear((message) => message.type === type, PATIENCE_MS);
  if (heard !== undefined) return heard;
  throw new Failed(conversation.fault ?? `no ${type} came`);
}

function assertInForce({ capabilities }: Conversation, needs: readonly string[]): void {
  const missing = needs.filter((name) => !capabilities.has(name));
  if (missing.length > 0) throw new Skipped(`the peer does not speak ${missing.join(", ")}`);
}
