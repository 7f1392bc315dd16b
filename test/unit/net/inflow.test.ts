import type { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { Inflow } from "../../../runtime/net/inflow.js";
import { Turn } from "../../../runtime/net/turn.js";

const RECORD = new Uint8Array(16_384);
const HEARTBEAT = new Uint8Array(170);
const nextTurn = () => new Promise(setImmediate);

class PausableSocket {
  #isPaused = false;

  isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }
}

function inflowOf(turn: Turn, isOverwhelmed = () => false) {
  const socket = new PausableSocket();
  const reader = {
    creditBytes: Number.POSITIVE_INFINITY,
    get unsettledSize() {
      return isOverwhelmed() ? 2 ** 25 : 0;
    },
  };
  return { socket, inflow: new Inflow(socket as unknown as TLSSocket, reader, turn) };
}

describe("the way in", () => {
  it("is closed to bulk for the rest of a turn that has had enough", async () => {
    const { socket, inflow } = inflowOf(new Turn(2 * RECORD.length, 2 * RECORD.length));
    inflow.took(RECORD, 0);
    expect(socket.isPaused()).toBe(false);
    inflow.took(RECORD, 0);
    expect(socket.isPaused()).toBe(true);
    inflow.relieved();
    expect(socket.isPaused()).toBe(true);
    await nextTurn();
    expect(socket.isPaused()).toBe(false);
  });

  it("stays open for small messages, however full the turn", () => {
    const turn = new Turn(1, 1);
    const bulk = inflowOf(turn);
    bulk.inflow.took(RECORD, 0);
    const { socket, inflow } = inflowOf(turn);
    for (let count = 0; count < 1000; count++) inflow.took(HEARTBEAT, 0);
    expect([bulk.socket.isPaused(), socket.isPaused()]).toEqual([true, false]);
  });

  it("has bulk make room for small messages of connections that carry none", () => {
    const turn = new Turn(1, 1e9);
    const bulk = inflowOf(turn);
    bulk.inflow.took(RECORD, 0);
    bulk.inflow.took(HEARTBEAT, 500);
    inflowOf(turn).inflow.took(HEARTBEAT, 500, true);
    expect(turn.spend(1)).toBe(true);
    inflowOf(turn).inflow.took(HEARTBEAT, 500);
    expect(turn.spend(1)).toBe(false);
  });

  it("lets one connection after the other have its turn", async () => {
    const turn = new Turn(65_536, 65_536);
    const all = [inflowOf(turn), inflowOf(turn), inflowOf(turn)];
    for (const { inflow } of all) for (let count = 0; count < 4; count++) inflow.took(RECORD, 0);
    expect(all.map(({ socket }) => socket.isPaused())).toEqual([true, true, true]);
    await nextTurn();
    expect(all.map(({ socket }) => socket.isPaused())).toEqual([false, true, true]);
    await nextTurn();
    expect(all.map(({ socket }) => socket.isPaused())).toEqual([false, false, true]);
  });

  it("stays closed while handlers have too much to do", async () => {
    let isOverwhelmed = true;
    const { socket, inflow } = inflowOf(new Turn(1, 1), () => isOverwhelmed);
    inflow.took(RECORD, 0);
    await nextTurn();
    expect(socket.isPaused()).toBe(true);
    isOverwhelmed = false;
    inflow.relieved();
    expect(socket.isPaused()).toBe(false);
  });
});
