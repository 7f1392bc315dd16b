import type { Model } from "../model.js";
import type { Peers } from "../peers.js";
import { emitClient } from "./client.js";
import type { EmitContext, Emitted } from "./context.js";
import { declarations } from "./declarations.js";
import { emitDispatch } from "./dispatch.js";
import { emitEnvelope } from "./envelope.js";
import { emitErrors } from "./errors.js";
import { emitIndex } from "./index-file.js";
import { emitMessages } from "./message.js";
import { emitProtocol } from "./protocol.js";
import { templateRenderer } from "./templates.js";
import { emitTypes } from "./types.js";
import { emitValidators } from "./validators.js";

/** Phase 5: the files that a model becomes, sorted by path and not yet formatted. */
export async function emit(model: Model, wire: string, peers: Peers): Promise<readonly Emitted[]> {
  const { compile } = peers.jsonSchemaToTypescript;
  const context: EmitContext = {
    model,
    wire,
    render: templateRenderer(peers.handlebars),
    declarations: (field, name, doc) => declarations(field, name, doc, compile),
  };
  const files = [
    ...emitProtocol(context),
    ...(await emitEnvelope(context)),
    ...(await emitTypes(context)),
    ...(await emitErrors(context)),
    ...(await emitMessages(context)),
    ...emitValidators(context),
    ...emitDispatch(context),
    ...emitClient(context),
  ];
  const sorted = files.sort((first, second) => (first.path < second.path ? -1 : 1));
  return [...sorted, emitIndex(context, sorted)];
}
