import { sizeMaxOf } from "../kinds/index.js";
import type { Message } from "../model.js";
import type { Read } from "../pipeline.js";
import { errorsOf, type PossibleError } from "./possible-errors.js";
import { type FieldRow, fieldRows } from "./rows.js";

/** What the model says as people want it. */
type SaidAlike =
  | "type"
  | "doc"
  | "layer"
  | "from"
  | "to"
  | "frequency"
  | "pool"
  | "delivery"
  | "stream"
  | "isControl"
  | "isOrdered";

/** Everything that the schemas say about one message type, for people and for programs. */
export interface MessageDescription extends Pick<Message, SaidAlike> {
  readonly title: string;
  readonly role: "request" | "stream request" | "answer" | "item" | "one-way";
  /** What it is answered with, how the two are paired, and how long a caller waits by default. */
  readonly answer:
    | { type: string; match: Readonly<Record<string, string>>; timeoutMs: number }
    | undefined;
  /** The requests that it answers, or whose item it is. */
  readonly answers: readonly string[];
  /** The most bytes that its data takes on the wire. */
  readonly sizeMax: number;
  readonly fields: readonly FieldRow[];
  readonly errors: readonly PossibleError[];
  readonly examples: readonly unknown[];
}

/** What the schemas say about a message type. */
export function describeMessage(message: Message, { model, links }: Read): MessageDescription {
  const { type, request, stream, body } = message;
  const answers = model.messages.filter(
    (other) => (other.request?.answer ?? other.stream) === type,
  );
  const examples = links.files.get(message.source)?.examples;
  return {
    type,
    title: message.names.type,
    doc: message.doc,
    role: roleOf(message, answers),
    layer: message.layer,
    from: message.from,
    to: message.to,
    frequency: message.frequency,
    pool: message.pool,
    delivery: message.delivery,
    isControl: message.isControl,
    isOrdered: message.isOrdered,
    answer: request && {
      ...request,
      type: request.answer,
      match: Object.fromEntries(request.match),
    },
    stream,
    answers: answers.map((other) => other.type),
    sizeMax: sizeMaxOf(body),
    fields: fieldRows(body),
    errors: errorsOf(message, model.errors),
    examples: Array.isArray(examples) ? examples : [],
  };
}

function roleOf(
  { request, stream }: Message,
  askers: readonly Message[],
): MessageDescription["role"] {
  if (request !== undefined) return "request";
  if (stream !== undefined) return "stream request";
  const [asker] = askers;
  if (asker === undefined) return "one-way";
  return asker.stream === undefined ? "answer" : "item";
}
