import { PROTOCOL_FILE } from "../../load.js";
import { inOrder } from "../key-order.js";
import type { Rule } from "../rule.js";

/** One looks for the bound of a field in the same place every time. */
export const keyOrder: Rule = {
  id: "key-order",
  about:
    "Keys stand in one order: what it is, what it holds, how it is bounded, what it looks like.",
  check({ links }, report) {
    for (const [file, root] of links.files) {
      if (file === PROTOCOL_FILE || JSON.stringify(inOrder(root)) === JSON.stringify(root))
        continue;
      report({ file, pointer: "" }, [], "has its keys in another order than the other files");
    }
  },
  mend: inOrder,
};
