import { PROTOCOL_FILE } from "../load.js";
import { banner, type EmitContext, type Emitted } from "./context.js";
import { FILES } from "./files.js";
import { docComment } from "./words.js";

/** The numbers of the protocol, as they are. */
export function emitProtocol({ model, render }: EmitContext): readonly Emitted[] {
  const { protocol } = model;
  if (protocol === undefined) return [];
  const view = {
    banner: banner(PROTOCOL_FILE),
    doc: docComment(protocol.doc),
    values: JSON.stringify(protocol.values),
  };
  return [{ path: FILES.protocol, text: render("protocol", view) }];
}
