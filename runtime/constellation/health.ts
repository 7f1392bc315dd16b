import { request } from "node:http";
import { connect } from "node:net";
import { performance } from "node:perf_hooks";
import { type Health, type Service, serviceAddress } from "./service-registry.js";

/**
 * Asks one service whether it is well: a GET of its `health_check` where it speaks http and names one,
 * else a TCP connection. A failure is an answer (`healthy: false`), never an exception.
 *
 * Redirects are not followed: a service says that it is well by itself or not at all.
 */
export async function probe(service: Service, timeoutMs: number): Promise<Health> {
  const startedAt = performance.now();
  const { protocol, health_check } = service.registration;
  const isHttp = protocol === "http" && health_check !== undefined;
  const healthy = await (isHttp
    ? answersGet(service, health_check, timeoutMs)
    : acceptsConnection(service, timeoutMs));
  const latencyMs = Math.round((performance.now() - startedAt) * 100) / 100;
  return { healthy, latencyMs: healthy ? latencyMs : undefined };
}

function answersGet(service: Service, path: string, timeoutMs: number): Promise<boolean> {
  const { host, registration } = service;
  return new Promise((resolve) => {
    const outgoing = request(
      {
        host,
        port: registration.port,
        path,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: { host: serviceAddress(service), connection: "close" },
      },
      ({ statusCode = 0 }) => {
        resolve(statusCode >= 200 && statusCode < 300);
        outgoing.destroy();
      },
    );
    outgoing.on("error", () => resolve(false));
    outgoing.end();
  });
}

function acceptsConnection({ host, registration }: Service, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: registration.port });
    const settle = (isConnected: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isConnected);
    };
    const timer = setTimeout(() => settle(false), timeoutMs);
    socket.once("connect", () => settle(true));
    socket.on("error", () => settle(false));
  });
}
