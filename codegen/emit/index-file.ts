import { banner, type EmitContext, type Emitted } from "./context.js";
import { FILES } from "./files.js";

/** One entry point for all that an application may want. The validators stay behind the decoders. */
export function emitIndex({ render }: EmitContext, files: readonly Emitted[]): Emitted {
  const modules = files
    .map(({ path }) => path)
    .filter((path) => path.endsWith(".ts") && path !== FILES.validatorTypes)
    .map((path) => `./${path.replace(/\.ts$/, ".js")}`);
  return { path: FILES.index, text: render("index", { banner: banner(), modules }) };
}
