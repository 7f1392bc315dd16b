import type { Message, Namespace, NamespaceMember } from "../model.js";
import { banner, type EmitContext, type Emitted } from "./context.js";
import { FILES } from "./files.js";
import { Imports } from "./imports.js";
import { docComment, journey, quote } from "./words.js";

/** The typed client: a function for each message, nested as the names are. */
export function emitClient({ model, render, wire }: EmitContext): readonly Emitted[] {
  const [client] = model.namespaces;
  if (client === undefined || client.members.length === 0) return [];
  const path = FILES.client;
  const imports = new Imports(path, wire);
  imports.wireType("Caller");
  const view = {
    banner: banner(),
    namespaces: model.namespaces.map((namespace) => ({
      name: namespace.name,
      parameters: parametersOf(namespace).join(", "),
      doc: namespaceDoc(namespace),
      members: namespace.members.map((member) => memberView(member, model.messages, imports)),
    })),
    parameters: parametersOf(client).join(", "),
    value: literal(client),
    imports: imports.lines(),
  };
  return [{ path, text: render("client", view) }];
}

/** The type parameters that the interface of a namespace has a use for. */
function parametersOf(namespace: Namespace): readonly string[] {
  const used = new Set(
    namespace.members.flatMap((member) => {
      return member.kind === "namespace"
        ? parametersOf(member.namespace)
        : [optionsOf(member.message)];
    }),
  );
  return ["RequestOptions", "SendOptions"].filter((name) => used.has(name));
}

function optionsOf(message: Message): string {
  return verbOf(message) === "send" ? "SendOptions" : "RequestOptions";
}

/** The function of the `Caller` that carries it. */
function verbOf({ request, stream }: Message): "request" | "send" | "stream" {
  if (stream !== undefined) return "stream";
  return request === undefined ? "send" : "request";
}

function namespaceDoc({ prefix }: Namespace): string {
  if (prefix === "") return docComment("Everything that can be asked of a peer or sent to it.");
  return docComment(`The messages whose type begins with \`${prefix}\`.`);
}

function memberView(member: NamespaceMember, messages: readonly Message[], imports: Imports) {
  const key = quote(member.key);
  if (member.kind === "namespace") {
    const { name } = member.namespace;
    const parameters = parametersOf(member.namespace).join(", ");
    const doc = namespaceDoc(member.namespace);
    return { doc, signature: `readonly ${key}: ${name}<${parameters}>;` };
  }
  const { message } = member;
  const result = resultOf(message, messages, imports);
  imports.from(message.file, message.names.constant);
  const data = imports.typeFrom(message.file, message.names.type);
  return {
    doc: docComment(`${message.doc}\n\n${journey(message)}`),
    signature: `${key}(data: ${data}, options?: ${optionsOf(message)}): ${result};`,
  };
}

/** The type of what the function of a message gives back. */
function resultOf(message: Message, messages: readonly Message[], imports: Imports): string {
  const { request, stream } = message;
  const reply = messages.find(({ type }) => type === (stream ?? request?.answer));
  const data = reply === undefined ? "void" : imports.typeFrom(reply.file, reply.names.type);
  return stream === undefined ? `Promise<${data}>` : `AsyncIterableIterator<${data}>`;
}

/** The object literal that is the client. */
function literal(namespace: Namespace): string {
  const members = namespace.members.map((member) => {
    const key = quote(member.key);
    if (member.kind === "namespace") return `${key}: ${literal(member.namespace)}`;
    const { names } = member.message;
    return `${key}: (data, options) => caller.${verbOf(member.message)}(${names.constant}, data, options)`;
  });
  return `{ ${members.join(",\n")} }`;
}
