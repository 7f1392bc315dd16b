import { nestedIn, PROTO_PACKAGE, type ProtoField, type ProtoMessage } from "./proto-model.js";

/** A .proto file with `messages`. */
export function protoText(messages: readonly ProtoMessage[]): string {
  const head = ['syntax = "proto3";', `package ${PROTO_PACKAGE};`];
  return [...head, ...messages.map(messageText), ""].join("\n");
}

function messageText(message: ProtoMessage): string {
  const lines = message.fields.map((field, index) => `${fieldText(field)} = ${index + 1};`);
  const isUnion = message.fields.some(({ label }) => label === "branch");
  const body = isUnion ? ["oneof value {", ...lines, "}"] : lines;
  return [`message ${message.name} {`, ...nestedIn(message).map(messageText), ...body, "}"].join(
    "\n",
  );
}

function fieldText({ name, label, type }: ProtoField): string {
  const typeName = typeof type === "string" ? type : type.name;
  switch (label) {
    case "single":
    case "branch":
      return `${typeName} ${name}`;
    case "map":
      return `map<string, ${typeName}> ${name}`;
    default:
      return `${label} ${typeName} ${name}`;
  }
}
