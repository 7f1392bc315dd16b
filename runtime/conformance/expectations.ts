import type { Conversation } from "./conversation.js";
import { bytesOfFrame, LAST } from "./frames.js";
import type { Heard } from "./heard.js";
import { matches } from "./match.js";
import { PATIENCE_MS } from "./patience.js";
import { sayings } from "./steps.js";
import type { Expectation } from "./table.js";
import { fill, type Scope } from "./values.js";
import { Failed } from "./verdict.js";

/**
 * Waits for what must come of an exchange, and returns which of the alternatives did.
 *
 * @throws Failed where it does not, or more comes than that
 */
export async function assertOutcome(
  conversation: Conversation,
  expected: readonly Expectation[],
  scope: Scope,
): Promise<Expectation> {
  const about = scope.id(LAST);
  await observe(conversation, expected, scope);
  if (conversation.fault !== undefined)
    throw new Failed(`the peer broke a rule: ${conversation.fault}`);
  const met = expected.find((each) => meets(conversation, each, about, scope));
  if (met !== undefined) return met;
  throw new Failed(`expected ${expected.map(inWords).join(", or ")}; got ${sayings(conversation)}`);
}

/** Gives the peer time to do what is expected of it. */
async function observe(
  conversation: Conversation,
  expected: readonly Expectation[],
  scope: Scope,
): Promise<void> {
  const { heard } = conversation;
  if (expected.every(({ error }) => error !== undefined)) {
    await conversation.until(() => heard.some(isError), PATIENCE_MS);
  }
  if (expected.every(({ closes }) => closes)) {
    await conversation.until(() => conversation.isClosed, PATIENCE_MS);
    return;
  }
  await probe(conversation, scope);
}

/** A peer that goes on with the connection answers a `ping` on it. */
async function probe(conversation: Conversation, scope: Scope): Promise<void> {
  const id = scope.id(PROBE);
  const ping = { type: "ping", id, data: { timestamp: Date.now() } };
  await conversation.write(bytesOfFrame({ message: ping }, scope));
  const pong = await conversation.hear((heard) => heard.reply_to === id, PATIENCE_MS);
  if (pong === undefined && !conversation.isClosed) throw new Failed("it did not answer a ping");
}

const PROBE = "probe";

function meets(
  { heard, isClosed }: Conversation,
  expectation: Expectation,
  about: string,
  scope: Scope,
): boolean {
  const { error, may = [], closes = false, never = [] } = expectation;
  if (isClosed !== closes || heard.some(({ type }) => never.includes(type))) return false;
  const errors = heard.filter(isError);
  const isAllowed = ({ reply_to, data }: Heard) =>
    reply_to !== undefined && may.includes(String(data.code));
  if (error === undefined) return errors.every(isAllowed);
  const pattern = patternOf(expectation, about, scope);
  const others = errors.filter((each) => !isMeant(pattern, each));
  return others.length === errors.length - 1 && others.every(isAllowed);
}

interface ErrorPattern {
  readonly replyTo: unknown;
  readonly data: unknown;
}

function patternOf(
  { error, about = "connection", reply_to, details = {} }: Expectation,
  last: string,
  scope: Scope,
): ErrorPattern {
  const replyTo = about === "connection" ? undefined : fill(reply_to ?? last, scope);
  const facts = fill(details, scope) as object;
  const data = Object.keys(facts).length === 0 ? { code: error } : { code: error, details: facts };
  return { replyTo, data };
}

function isMeant({ replyTo, data }: ErrorPattern, error: Heard): boolean {
  return error.reply_to === replyTo && matches(data, error.data);
}

function isError({ type }: Heard): boolean {
  return type === "error";
}

function inWords({
  error,
  about = "connection",
  details,
  closes,
  never = [],
}: Expectation): string {
  const facts = details === undefined ? "" : ` with ${JSON.stringify(details)}`;
  const said = error === undefined ? "no error" : `${error} about the ${about}${facts}`;
  const without = never.length === 0 ? "" : `, no ${never.join(" or ")}`;
  return `${said}${without}, and ${closes ? "a close" : "an open connection"}`;
}
