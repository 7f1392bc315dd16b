import type { Message, Namespace, NamespaceMember } from "./model.js";
import { namespaceName } from "./names.js";

/** The levels of the client for the callable messages: the client itself, then what is inside it. */
export function namespacesOf(messages: readonly Message[]): readonly Namespace[] {
  const callable = messages.filter(({ isCallable }) => isCallable);
  return withInner(namespaceOf("", callable));
}

function namespaceOf(prefix: string, messages: readonly Message[]): Namespace {
  const groups = new Map<string, Message[]>();
  for (const message of messages) {
    const key = message.type.slice(prefix.length).split(".")[0] ?? "";
    groups.set(key, [...(groups.get(key) ?? []), message]);
  }
  const members = [...groups].map(([key, inside]) => memberOf(prefix, key, inside));
  return { name: namespaceName(prefix), prefix, members };
}

function memberOf(prefix: string, key: string, messages: readonly Message[]): NamespaceMember {
  const [first] = messages;
  if (first?.type === prefix + key) return { kind: "message", key, message: first };
  return { kind: "namespace", key, namespace: namespaceOf(`${prefix}${key}.`, messages) };
}

function withInner(namespace: Namespace): readonly Namespace[] {
  const inner = namespace.members.filter((member) => member.kind === "namespace");
  return [namespace, ...inner.flatMap((member) => withInner(member.namespace))];
}
