import { textAt } from "../schema.js";
import { checkReply, type Draft, type Drafts, type Refuse } from "./drafts.js";

/** What belongs to requests with one answer, and so not beside `stream`. */
const ANSWER_KEYS = ["answer", "match", "timeout_ms"];

/** A request that many messages of one type answer: what it may say, and what its items have to be. */
export function checkStream(draft: Draft, drafts: Drafts, refuse: Refuse): void {
  const itemType = textAt(draft.rnp, "stream");
  if (itemType === undefined) return;
  checkRequest(draft, refuse);
  const item = drafts.get(itemType);
  if (item === undefined) {
    const text = `there is no message type ${itemType}: add its file or correct the name`;
    refuse(draft, ["x-rnp", "stream"], text);
    return;
  }
  checkItem(draft, item, refuse);
  checkReply(draft, item, "item", refuse);
}

function checkRequest(draft: Draft, refuse: Refuse): void {
  if (draft.rnp.layer === "connection") {
    const text = 'the connection layer has no streams: say "application" as its layer';
    refuse(draft, ["x-rnp", "stream"], text);
  }
  for (const key of ANSWER_KEYS.filter((name) => draft.rnp[name] !== undefined)) {
    const text = 'does not go with "stream", which says how the request is answered: leave it out';
    refuse(draft, ["x-rnp", key], text);
  }
  if (draft.rnp.delivery !== "at-most-once") {
    const text = 'a stream is not repeated, as its items are its answer: say "at-most-once"';
    refuse(draft, ["x-rnp", "delivery"], text);
  }
}

/** Said where the stream names its item, as the item by itself may be sound. */
function checkItem(draft: Draft, { type, rnp }: Draft, refuse: Refuse): void {
  const refuseItem = (text: string) => refuse(draft, ["x-rnp", "stream"], `${type} ${text}`);
  if (rnp.layer === "connection") {
    refuseItem("is of the connection layer: items are of the application layer");
  }
  if (rnp.answer !== undefined || rnp.stream !== undefined) {
    refuseItem("is a request: nothing answers an item");
  }
  if (rnp.delivery !== "at-most-once") {
    refuseItem(`is ${rnp.delivery}: an item is not acknowledged, so say "at-most-once" there`);
  }
}
