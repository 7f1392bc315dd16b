import { Socket } from "node:net";

/*
 * Loaded before a process starts (`node --import`): its connections to one port of this machine are made to
 * another one, where a proxy of the test stands between it and one of its peers. `RNP_DETOUR` is `FROM:TO`.
 */

const [from, to] = (process.env.RNP_DETOUR ?? "").split(":").map(Number);

type Connect = (this: Socket, ...rest: unknown[]) => Socket;

const direct = Socket.prototype.connect as Connect;

Socket.prototype.connect = function connect(this: Socket, options: unknown, ...rest: unknown[]) {
  const { port } = options as { port?: number };
  const isMeant = port !== undefined && Number(port) === from;
  return direct.call(this, isMeant ? { ...(options as object), port: to } : options, ...rest);
} as typeof Socket.prototype.connect;
