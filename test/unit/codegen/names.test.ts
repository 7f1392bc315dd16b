import { expect, test } from "vitest";
import {
  constantCase,
  isTypeName,
  messageNames,
  NameRegistry,
  namespaceName,
  nestedName,
  pascalCase,
} from "../../../codegen/names.js";

test.each([
  ["mesh.query", "MeshQuery"],
  ["hello_ack", "HelloAck"],
  ["gossip.probe_result", "GossipProbeResult"],
  ["http2server", "Http2Server"],
  ["a", "A"],
])("%s is %s as a type", (type, name) => {
  expect(pascalCase(type)).toBe(name);
  expect(isTypeName(name)).toBe(true);
});

test.each(["meshQuery", "Mesh_Query", "Mesh-Query", "Http2server", "2Fast", ""])(
  "%s does not name a type",
  (title) => {
    expect(isTypeName(title)).toBe(false);
  },
);

test("a constant is called after the type on the wire", () => {
  expect(constantCase("gossip.probe_result")).toBe("GOSSIP_PROBE_RESULT");
});

test("the title names the interface and its functions, the type on the wire the constants", () => {
  expect(messageNames("error", "ErrorData")).toEqual({
    type: "ErrorData",
    constant: "ERROR",
    sizeMax: "ERROR_SIZE_MAX",
    putHead: "putErrorDataHead",
    encode: "encodeErrorData",
    decode: "decodeErrorData",
    accept: "acceptErrorData",
    invalid: "invalidErrorData",
    write: "writeErrorData",
    read: "readErrorData",
  });
});

test("an object inside another is called after its path unless it has a title", () => {
  expect(nestedName("ResourceStatus", "cpu", undefined)).toBe("ResourceStatusCpu");
  expect(nestedName("ResourceStatus", "cpu", "Processors")).toBe("Processors");
});

test("the client itself is the namespace without a prefix", () => {
  expect([namespaceName(""), namespaceName("a.b.")]).toEqual(["Client", "ABClient"]);
});

test("a name belongs to whoever takes it first", () => {
  const names = new NameRegistry();
  expect(names.claim("Point", "one")).toBeUndefined();
  expect(names.claim("Point", "one")).toBeUndefined();
  expect(names.claim("Point", "two")).toBe("the name Point is that of one too");
  expect(names.claim("Promise", "two")).toContain("is taken by generated code or by JavaScript");
});
