import type { Links } from "../link.js";
import { isInherited } from "../names.js";
import type { Problem } from "../problem.js";
import { pointerOf, schemaAt, textAt } from "../schema.js";
import { checkControl } from "./control.js";
import { checkReply, type Draft, type Drafts, draftsOf, type Refuse } from "./drafts.js";
import { checkStream } from "./streams.js";

/** A word in the name of a message type. It becomes a property of the client. */
const WORD = /^[a-z][a-z0-9_]*$/;

/** What the files say about each other: names that fit together, requests and their answers. */
export function checkMessages(links: Links): readonly Problem[] {
  const problems: Problem[] = [];
  const drafts = draftsOf(links);
  const refuse: Refuse = ({ file }, segments, text) => {
    problems.push({ file, place: pointerOf(segments), text });
  };
  for (const draft of drafts.values()) {
    checkName(draft, drafts, refuse);
    checkRequest(draft, drafts, refuse);
    checkStream(draft, drafts, refuse);
    checkControl(draft, drafts, refuse);
    checkStandalone(draft, drafts, refuse);
  }
  return problems;
}

function checkName(draft: Draft, drafts: Drafts, refuse: Refuse): void {
  for (const word of draft.type.split(".")) {
    if (!WORD.test(word)) {
      refuse(
        draft,
        [],
        `the path has the part ${JSON.stringify(word)}: use a-z, 0-9 and _, beginning with a letter`,
      );
    } else if (isInherited(word) || word === "then") {
      refuse(
        draft,
        [],
        `the path has the part "${word}", which means something else on an object: rename it`,
      );
    }
  }
  const inner = [...drafts.keys()].find((type) => type.startsWith(`${draft.type}.`));
  if (inner === undefined) return;
  refuse(draft, [], `the type ${draft.type} is also where ${inner} belongs: rename one of the two`);
}

function checkRequest(draft: Draft, drafts: Drafts, refuse: Refuse): void {
  const answerType = textAt(draft.rnp, "answer");
  if (answerType === undefined) return;
  const answer = drafts.get(answerType);
  if (answer === undefined) {
    refuse(
      draft,
      ["x-rnp", "answer"],
      `there is no message type ${answerType}: add its file or correct the name`,
    );
    return;
  }
  if (answerChain(answer, drafts).includes(draft)) {
    refuse(
      draft,
      ["x-rnp", "answer"],
      `${answerType} is in turn answered by this type: break the circle`,
    );
  }
  checkMatch(draft, answer, refuse);
  checkReply(draft, answer, "answer", refuse);
}

/** The types that answer each other, beginning with `draft`; it ends where it would repeat itself. */
function answerChain(
  draft: Draft,
  drafts: Drafts,
  before: readonly Draft[] = [],
): readonly Draft[] {
  if (before.includes(draft)) return before;
  const answer = drafts.get(textAt(draft.rnp, "answer") ?? "");
  const chain = [...before, draft];
  return answer === undefined ? chain : answerChain(answer, drafts, chain);
}

function checkMatch(draft: Draft, answer: Draft, refuse: Refuse): void {
  for (const [field, answerField] of Object.entries(schemaAt(draft.rnp, "match"))) {
    const segments = ["x-rnp", "match", field];
    if (!hasField(draft, field))
      refuse(draft, segments, "is no field of this message: correct the name");
    if (!hasField(answer, String(answerField))) {
      refuse(
        draft,
        segments,
        `${JSON.stringify(answerField)} is no field of ${answer.type}: correct the name`,
      );
    }
  }
}

function hasField({ schema }: Draft, field: string): boolean {
  return Object.hasOwn(schemaAt(schema, "properties"), field);
}

function checkStandalone(draft: Draft, drafts: Drafts, refuse: Refuse): void {
  if (draft.rnp.standalone === undefined) return;
  const isAnswer = [...drafts.values()].some(({ rnp }) => rnp.answer === draft.type);
  if (!isAnswer)
    refuse(
      draft,
      ["x-rnp", "standalone"],
      "no message names this type as its answer: leave it out",
    );
}
