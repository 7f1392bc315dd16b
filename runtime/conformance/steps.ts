import type { Conversation } from "./conversation.js";
import { bytesOfFrame } from "./frames.js";
import type { Heard } from "./heard.js";
import { matches } from "./match.js";
import { PATIENCE_MS } from "./patience.js";
import type { Frame, Pattern, Step } from "./table.js";
import { fill, type Scope } from "./values.js";
import { Failed, Skipped } from "./verdict.js";

/** Does what the steps of a case say, one after the other. */
export async function takeSteps(
  conversation: Conversation,
  steps: readonly Step[],
  scope: Scope,
): Promise<void> {
  for (const step of steps) {
    if ("send" in step) await send(conversation, step.send, scope);
    else if ("hear" in step) await hear(conversation, step, scope);
    else conversation.end();
  }
}

async function send(
  conversation: Conversation,
  given: Frame | readonly Frame[],
  scope: Scope,
): Promise<void> {
  const frames = "length" in given && Array.isArray(given) ? given : [given as Frame];
  const bytes = Buffer.concat(frames.map((frame) => bytesOfFrame(frame, scope)));
  const size = frames[0]?.split ?? bytes.length;
  for (let at = 0; at < bytes.length; at += size) {
    await conversation.write(bytes.subarray(at, at + size));
  }
}

async function hear(
  conversation: Conversation,
  { hear: given, as }: Extract<Step, { hear: unknown }>,
  scope: Scope,
): Promise<void> {
  const patterns = (Array.isArray(given) ? given : [given]) as readonly Pattern[];
  const filled = patterns.map(({ skip, ...pattern }) => fill(pattern, scope));
  const like = (heard: Heard) => filled.findIndex((pattern) => matches(pattern, heard));
  const heard = await conversation.hear((message) => like(message) >= 0, PATIENCE_MS);
  if (heard === undefined) throw missed(conversation, patterns);
  if (patterns[like(heard)]?.skip) throw new Skipped(`the peer says ${saying(heard)}`);
  if (as !== undefined) scope.remember(as, heard);
}

function missed(conversation: Conversation, patterns: readonly Pattern[]): Failed {
  const expected = patterns.map(({ type }) => type).join(" or ");
  return new Failed(conversation.fault ?? `expected ${expected}, got ${sayings(conversation)}`);
}

/** What has come and was not expected, in a few words. */
export function sayings({ heard, isClosed }: Conversation): string {
  const words = heard.map(saying);
  if (isClosed) words.push("the end of the connection");
  return words.length === 0 ? "nothing" : words.join(", ");
}

function saying({ type, data }: Heard): string {
  return type === "error" ? `error ${data.code} (${data.message})` : type;
}
