import { describe, expect, it } from "vitest";
import { type Notice, Notices } from "../../../runtime/constellation/notices.js";
import { serviceOf } from "../../../runtime/constellation/service-environment.js";
import { RnpError } from "../../../runtime/index.js";
import { recordingLogger } from "./support.js";

function notice(id: string): Notice {
  return { type: "mesh.deregister", data: { service_name: "s", instance_id: id } };
}

function setup(send: (id: string) => Promise<void>, countMax?: number) {
  const sent: string[] = [];
  const { logger, lines } = recordingLogger();
  const notices = new Notices({
    send: ({ data }) => {
      sent.push(data.instance_id);
      return send(data.instance_id);
    },
    logger,
    ...(countMax === undefined ? {} : { countMax }),
  });
  return { notices, sent, lines };
}

const away = () => Promise.reject(new RnpError("UNAVAILABLE", "away"));

describe("notices to the controller", () => {
  it("are sent in order, each after the one before is confirmed", async () => {
    const confirm: (() => void)[] = [];
    const { notices, sent } = setup(() => new Promise((resolve) => confirm.push(resolve)));
    for (const id of ["a", "b"]) notices.add(notice(id));
    expect(sent).toEqual(["a"]);
    confirm[0]!();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual(["a", "b"]);
    confirm[1]!();
    await notices.drain(1000);
    expect(notices.count).toBe(0);
  });

  it("wait for a controller that is away, and are tried again in order", async () => {
    let isAway = true;
    const { notices, sent } = setup(() => (isAway ? away() : Promise.resolve()));
    for (const id of ["a", "b"]) notices.add(notice(id));
    await new Promise((resolve) => setImmediate(resolve));
    expect(notices.count).toBe(2);
    isAway = false;
    await notices.drain(1000);
    expect(sent).toEqual(["a", "a", "b"]);
  });

  it("that are refused for good are logged and do not hold up the others", async () => {
    const { notices, sent, lines } = setup((id) =>
      id === "a" ? Promise.reject(new RnpError("QUOTA_EXCEEDED", "no")) : Promise.resolve(),
    );
    for (const id of ["a", "b"]) notices.add(notice(id));
    await notices.drain(1000);
    expect(sent).toEqual(["a", "b"]);
    expect(lines).toEqual(["error: the controller refused a notice"]);
  });

  it("are not kept without end: the oldest is lost, and that is said", async () => {
    const { notices, lines } = setup(away, 2);
    for (const id of ["a", "b", "c"]) {
      notices.add(notice(id));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(notices.count).toBe(2);
    expect(lines).toContain("error: a notice to the controller is lost: too many are waiting");
  });

  it("do not hold up the end of the agent", async () => {
    const { notices, lines } = setup(() => new Promise(() => {}));
    notices.add(notice("a"));
    await notices.drain(10);
    expect(lines).toEqual(["warn: the controller was not told everything"]);
  });
});

describe("the service of an instance", () => {
  const create = (env?: Record<string, string>) => ({
    instance_id: "inst-1",
    name: "web",
    script: "web.mjs",
    ...(env === undefined ? {} : { env }),
  });
  const started = { instance_id: "inst-1", pid: 1, startup_time_ms: 1 };
  const listening = { ...started, listening_on: "[::1]:8080" };

  it("is what its environment says, on the port where it listens", () => {
    const env = {
      SERVICE_NAME: "user-service",
      SERVICE_VERSION: "1.0.0",
      SERVICE_PROTOCOL: "grpc",
      SERVICE_HEALTH_CHECK: "/health",
      SERVICE_TAGS: "api, auth,,api",
    };
    expect(serviceOf(create(env), listening)).toEqual({
      service_name: "user-service",
      version: "1.0.0",
      instance_id: "inst-1",
      protocol: "grpc",
      port: 8080,
      health_check: "/health",
      tags: ["api", "auth"],
    });
  });

  it("speaks http where it has a health check, else tcp", () => {
    const env = { SERVICE_NAME: "s" };
    expect(serviceOf(create(env), listening)?.protocol).toBe("tcp");
    const checked = { ...env, SERVICE_HEALTH_CHECK: "/" };
    expect(serviceOf(create(checked), listening)?.protocol).toBe("http");
  });

  it("is none without a name or without a port", () => {
    expect(serviceOf(create(), listening)).toBeUndefined();
    expect(serviceOf(create({ SERVICE_NAME: "s" }), started)).toBeUndefined();
  });
});
