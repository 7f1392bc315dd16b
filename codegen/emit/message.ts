import { sizeMaxOf } from "../kinds/index.js";
import { decoderBody } from "../kinds/object-decoder.js";
import { envelopeHead, layOut, putLines } from "../kinds/steps.js";
import type { Message } from "../model.js";
import { banner, type EmitContext, type Emitted } from "./context.js";
import { innerDecoders } from "./decoders.js";
import { importTypes } from "./fields.js";
import { FILES } from "./files.js";
import { Imports } from "./imports.js";
import { scopeOf } from "./scope.js";
import { docComment, journey, quote } from "./words.js";

/** One file for each message type: its interface, its functions, and what the runtime knows about it. */
export function emitMessages(context: EmitContext): Promise<readonly Emitted[]> {
  return Promise.all(context.model.messages.map((message) => emitMessage(message, context)));
}

async function emitMessage(message: Message, context: EmitContext): Promise<Emitted> {
  const { body, file, names, type } = message;
  const imports = new Imports(file, context.wire);
  for (const name of ["PackReader", "PackWriter", "Violation"]) imports.wireType(name);
  for (const name of ["firstViolation", "violationFault"]) imports.wire(name);
  for (const name of [names.read, names.write]) imports.from(FILES.validators, name);
  importTypes(body, imports);
  const scope = scopeOf(imports);
  const view = {
    banner: banner(message.source),
    interfaces: await context.declarations(body, names.type, message.doc),
    names,
    type: quote(type),
    sizeMax: sizeMaxOf(body),
    head: putLines(envelopeHead(type)),
    encode: layOut(scope.encode(body, "data")),
    decode: decoderBody(body, scope),
    inner: innerDecoders(body, scope),
    convert: scope.convertInside(body, "data"),
    patterns: scope.patternLines(),
    doc: docComment(`\`${type}\` as the runtime knows it. ${journey(message)}`),
    ...definition(message, context, imports),
  };
  return { path: file, text: context.render("message", { ...view, imports: imports.lines() }) };
}

/** The values of the `MessageType`, as code. */
function definition(message: Message, context: EmitContext, imports: Imports) {
  const { request, stream } = message;
  const named = (name: string | undefined) =>
    context.model.messages.find(({ type }) => type === name);
  const reply = named(stream ?? request?.answer);
  const constant = reply && imports.from(reply.file, reply.names.constant);
  const replyType = reply && imports.typeFrom(reply.file, reply.names.type);
  return {
    layer: quote(message.layer),
    from: JSON.stringify(message.from),
    to: JSON.stringify(message.to),
    pool: quote(message.pool),
    delivery: quote(message.delivery),
    runtimeType: imports.wireType(stream === undefined ? "MessageType" : "StreamType"),
    typeArguments: [message.names.type, ...(replyType === undefined ? [] : [replyType])].join(", "),
    answer: (stream === undefined ? constant : undefined) ?? "undefined",
    stream: (stream === undefined ? undefined : constant) ?? "undefined",
    isControl: message.isControl,
    isOrdered: message.isOrdered,
    match: JSON.stringify(request?.match ?? []),
    timeoutMs: request?.timeoutMs ?? 0,
  };
}
