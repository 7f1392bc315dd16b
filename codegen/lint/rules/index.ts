import type { Rule } from "../rule.js";
import { answerDirection } from "./answer-direction.js";
import { deprecatedInstead } from "./deprecated-instead.js";
import { descriptionSays } from "./description-says.js";
import { enumCase } from "./enum-case.js";
import { exampleCovers } from "./example-covers.js";
import { exampleRepeated } from "./example-repeated.js";
import { keyOrder } from "./key-order.js";
import { messageSize } from "./message-size.js";
import { messageTitle } from "./message-title.js";
import { naturalKey } from "./natural-key.js";
import { noDialect } from "./no-dialect.js";
import { numberBounds } from "./number-bounds.js";
import { patternAnchored } from "./pattern-anchored.js";
import { patternCost } from "./pattern-cost.js";
import { positiveName } from "./positive-name.js";
import { repeatedEnum } from "./repeated-enum.js";
import { requestTimeout } from "./request-timeout.js";
import { requiredOrder } from "./required-order.js";
import { retryReason } from "./retry-reason.js";
import { sentence } from "./sentence.js";
import { unitInName } from "./unit-in-name.js";
import { unusedType } from "./unused-type.js";

/** Every piece of advice, each in a file of its own. */
export const RULES: readonly Rule[] = [
  answerDirection,
  deprecatedInstead,
  descriptionSays,
  enumCase,
  exampleCovers,
  exampleRepeated,
  keyOrder,
  messageSize,
  messageTitle,
  naturalKey,
  noDialect,
  numberBounds,
  patternAnchored,
  patternCost,
  positiveName,
  repeatedEnum,
  requestTimeout,
  requiredOrder,
  retryReason,
  sentence,
  unitInName,
  unusedType,
];
