import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { probe } from "../../../runtime/constellation/health.js";
import type { Service } from "../../../runtime/constellation/service-registry.js";

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function service(port: number, facts: Partial<Service["registration"]> = {}): Service {
  const registration = { service_name: "s", instance_id: "i", protocol: "tcp", port, ...facts };
  return { node: "n", host: "127.0.0.1", registration, healthy: false, latencyMs: undefined };
}

async function probeHttp(answer: RequestListener, timeoutMs = 1000) {
  const port = await listen(createHttpServer(answer));
  return probe(service(port, { protocol: "http", health_check: "/health?deep=1" }), timeoutMs);
}

describe("a probe over http", () => {
  it("asks for the health check and takes success for health, with the time it took", async () => {
    const asked: unknown[] = [];
    const health = await probeHttp((request, response) => {
      asked.push(request.method, request.url, request.headers.host?.startsWith("127.0.0.1:"));
      response.writeHead(204).end();
    });
    expect(asked).toEqual(["GET", "/health?deep=1", true]);
    expect(health.healthy).toBe(true);
    expect(health.latencyMs).toBeGreaterThan(0);
  });

  it.each([500, 404, 302])("takes status %d for illness", async (status) => {
    const health = await probeHttp((_, response) => {
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
    expect(health).toEqual({ healthy: false, latencyMs: undefined });
  });

  it("does not wait for a body that never ends", async () => {
    const health = await probeHttp((_, response) => void response.writeHead(200).write("x"));
    expect(health.healthy).toBe(true);
  });

  it("gives up on silence in time", async () => {
    expect(await probeHttp(() => {}, 30)).toEqual({ healthy: false, latencyMs: undefined });
  });
});

describe("a probe over tcp", () => {
  it("takes an accepted connection for health", async () => {
    const port = await listen(createServer((socket) => socket.destroy()));
    expect((await probe(service(port), 1000)).healthy).toBe(true);
  });

  it("serves http without a health check as well", async () => {
    const port = await listen(createServer((socket) => socket.destroy()));
    expect((await probe(service(port, { protocol: "http" }), 1000)).healthy).toBe(true);
  });

  it("takes a closed port for illness", async () => {
    const port = await listen(createServer());
    await new Promise((resolve) => servers.pop()!.close(resolve));
    expect((await probe(service(port), 1000)).healthy).toBe(false);
  });
});
