import type { Message } from "../../model.js";
import type { Judgement } from "../verdict.js";

/** Says what follows from a message type having changed; `at` leads to the place in its file. */
export type MessageRule = (
  old: Message,
  now: Message,
  report: (at: string, judgement: Judgement) => void,
) => void;
