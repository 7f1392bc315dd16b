import type { MismatchRule } from "./mismatch.js";

/** What to do in place of a change, by whom it harms. */
interface Advice {
  /** This version refuses what old peers send. */
  readonly reader: string;
  /** Old peers refuse what this version sends. */
  readonly writer: string;
}

const NEW_FIELD = "Add an optional field of another name for it, and leave this one as it was.";
const HANDLER =
  "Leave it as it was, and let the handler refuse what it does not want, with an error.";
const LATER = "Add it in a later version, when every peer reads it: first readers, then writers.";

export const ADVICE: Readonly<Record<MismatchRule, Advice>> = {
  type: { reader: NEW_FIELD, writer: NEW_FIELD },
  bound: { reader: HANDLER, writer: NEW_FIELD },
  pattern: { reader: HANDLER, writer: NEW_FIELD },
  step: { reader: HANDLER, writer: NEW_FIELD },
  word: {
    reader: "Keep the word, and say in the description that it is no longer sent.",
    writer: `Where readers may keep words that they do not know, drop x-rnp-closed in one version and add the word in the next. ${LATER}`,
  },
  value: { reader: NEW_FIELD, writer: NEW_FIELD },
  unique: { reader: "Leave it out, and let the handler drop what comes twice.", writer: NEW_FIELD },
  required: {
    reader: "Make it optional, and say in the description what its absence means.",
    writer: "Leave it required until no old peer is left.",
  },
  "unknown-field": {
    reader: "Keep the field as an optional one.",
    writer: `Drop x-rnp-closed in one version and add the field in the next. ${LATER}`,
  },
};
