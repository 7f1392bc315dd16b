import type { ErrorDefinition, Message } from "../model.js";

/** A code that may come of sending a message, and when. */
export interface PossibleError {
  readonly code: string;
  readonly number: number;
  readonly retryable: boolean;
  readonly when: string;
}

interface Situation {
  readonly code: string;
  readonly when: string;
  /** Whether it can come of this message. */
  readonly isPossible: (message: Message) => boolean;
}

const isAsked = ({ request, stream }: Message) => request !== undefined || stream !== undefined;
const isAcknowledged = ({ delivery }: Message) => delivery !== "at-most-once";
const isAwaited = (message: Message) => isAsked(message) || isAcknowledged(message);

/** What the protocol itself answers with, whatever the message is about. */
const SITUATIONS: readonly Situation[] = [
  { code: "PROTOCOL_ERROR", when: "Its data does not satisfy the schema.", isPossible: () => true },
  {
    code: "UNAUTHORIZED",
    when: "The role of a side may not send or receive it.",
    isPossible: () => true,
  },
  {
    code: "FLOW_CONTROL_ERROR",
    when: "It is sent without the credit it needs.",
    isPossible: ({ isControl }) => !isControl,
  },
  { code: "UNSUPPORTED", when: "The receiver has no handler for it.", isPossible: isAwaited },
  {
    code: "TIMEOUT",
    when: "No answer comes in time.",
    isPossible: ({ request }) => request !== undefined,
  },
  { code: "TIMEOUT", when: "No acknowledgement comes in time.", isPossible: isAcknowledged },
  { code: "CANCELLED", when: "Whoever asked no longer waits.", isPossible: isAsked },
  { code: "BACKPRESSURE", when: "Too much waits already.", isPossible: isAwaited },
  {
    code: "UNAVAILABLE",
    when: "The receiver is out of reach, or about to stop.",
    isPossible: isAwaited,
  },
  {
    code: "SESSION_LOST",
    when: "The receiver has forgotten what it received.",
    isPossible: isAcknowledged,
  },
  {
    code: "INTERNAL_ERROR",
    when: "The handler failed in a way it did not foresee.",
    isPossible: isAwaited,
  },
];

/** The codes that the message names itself, then those of the protocol, as far as the schemas have them. */
export function errorsOf(
  message: Message,
  errors: readonly ErrorDefinition[],
): readonly PossibleError[] {
  const named = errors.filter(({ code }) => new RegExp(`\\b${code}\\b`).test(message.doc));
  const own = named.map((error) => possible(error, "See its description."));
  const general = SITUATIONS.filter(({ isPossible }) => isPossible(message)).flatMap(
    (situation) => {
      const error = errors.find(({ code }) => code === situation.code);
      return error === undefined || named.includes(error) ? [] : [possible(error, situation.when)];
    },
  );
  return [...own, ...general];
}

function possible({ code, number, retryable }: ErrorDefinition, when: string): PossibleError {
  return { code, number, retryable, when };
}
