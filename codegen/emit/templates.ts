import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../package-root.js";
import type { Peers } from "../peers.js";

const FOLDER = join(PACKAGE_ROOT, "codegen", "templates");

/** Templates hold layout only. `strict` refuses a name that the view lacks; nothing is escaped, as this is no HTML. */
export function templateRenderer(handlebars: Peers["handlebars"]) {
  const compiled = new Map<string, (view: object) => string>();
  return (name: string, view: object): string => {
    const render = compiled.get(name) ?? compile(name);
    compiled.set(name, render);
    return render(view);
  };

  function compile(name: string) {
    const source = readFileSync(join(FOLDER, `${name}.hbs`), "utf8");
    return handlebars.compile<object>(source, { noEscape: true, strict: true });
  }
}
