import type { Message } from "../model.js";
import { banner, type EmitContext, type Emitted } from "./context.js";
import { FILES } from "./files.js";
import { Imports } from "./imports.js";
import { docComment, journey, quote } from "./words.js";

/** What leads from the name of a message type to its code and its types. */
export function emitDispatch({ model, render, wire }: EmitContext): readonly Emitted[] {
  const { messages } = model;
  if (messages.length === 0) return [];
  const path = FILES.dispatch;
  const imports = new Imports(path, wire);
  imports.wireType("MessageType");
  const views = messages.map((message) => messageView(message, messages, imports));
  const view = {
    banner: banner(),
    messages: views,
    requests: views.filter(({ isRequest }) => isRequest),
    streams: views.filter(({ isStream }) => isStream),
    oneWayTypes: views
      .filter(({ isRequest, isStream }) => !isRequest && !isStream)
      .map(({ type }) => type)
      .join(" | "),
    handled: views.filter(({ isHandled }) => isHandled),
    imports: imports.lines(),
  };
  return [{ path, text: render("dispatch", view) }];
}

function messageView(message: Message, messages: readonly Message[], imports: Imports) {
  const { request, stream } = message;
  const reply = messages.find(({ type }) => type === (stream ?? request?.answer));
  const replyType = reply === undefined ? "void" : imports.typeFrom(reply.file, reply.names.type);
  return {
    type: quote(message.type),
    constant: imports.from(message.file, message.names.constant),
    data: imports.typeFrom(message.file, message.names.type),
    reply: replyType,
    result: stream === undefined ? `Awaitable<${replyType}>` : `AsyncIterable<${replyType}>`,
    isRequest: request !== undefined,
    isStream: stream !== undefined,
    isHandled: message.isHandled,
    doc: docComment(`${message.doc}\n\n${journey(message)}`),
  };
}
