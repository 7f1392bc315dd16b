import type { Links } from "../link.js";
import { isErrorFile } from "../load.js";
import type { Problem } from "../problem.js";
import { schemaAt, textAt } from "../schema.js";

/** Codes and numbers of errors are theirs alone, and a code is found by the name of its file. */
export function checkErrors(links: Links): readonly Problem[] {
  const problems: Problem[] = [];
  const ownerOfNumber = new Map<unknown, string>();
  for (const [file, schema] of [...links.files].filter(([file]) => isErrorFile(file))) {
    const code = textAt(schema, "title") ?? "";
    if (file !== fileOf(code)) {
      problems.push({
        file,
        place: "/title",
        text: `the code ${code} belongs in ${fileOf(code)}: rename one`,
      });
    }
    const number = schemaAt(schema, "x-rnp-error").number;
    const owner = ownerOfNumber.get(number);
    if (number !== undefined && owner !== undefined) {
      problems.push({
        file,
        place: "/x-rnp-error/number",
        text: `${number} is that of ${owner}: take another`,
      });
    }
    ownerOfNumber.set(number, code);
  }
  return problems;
}

function fileOf(code: string): string {
  return `errors/${code.toLowerCase().replaceAll("_", "-")}.schema.json`;
}
