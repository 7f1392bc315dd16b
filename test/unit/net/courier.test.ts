import { describe, expect, it } from "vitest";
import { RnpError } from "../../../runtime/core/error.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import { HOST } from "../../../runtime/net/clock.js";
import { type ChannelCarriers, Courier } from "../../../runtime/net/courier.js";
import { ORDERED, UNORDERED } from "../../support/channel-pair.js";
import { FakeLink } from "../../support/fake-link.js";

const LOST = new RnpError("UNAVAILABLE", "the connection was lost", { outcome: "unknown" });
const PATIENT = { timeoutMs: 10_000 };

/** A courier over `links`, of which each in turn has the least to do. */
function courierOver(links: FakeLink[], changes: Partial<ChannelCarriers> = {}) {
  let turn = 0;
  const open = () => links.filter(({ isOpen }) => isOpen);
  const carriers: ChannelCarriers = {
    first: () => open()[0]?.link,
    leastBusy: () => open()[turn++ % Math.max(1, open().length)]?.link,
    connect: async () => open()[0]!.link,
    sendForAck: (type, data) => open()[0]!.sendForAck(type, data),
    ...changes,
  };
  const node = { peer: "node-2", epoch: 1, host: HOST, meter: new TrafficMeter() };
  return new Courier({ ...node, name: "data", carriers });
}

function linkThatDelivers(): FakeLink {
  const link = new FakeLink();
  link.delivers = true;
  return link;
}

const nameOf = ({ channels }: FakeLink) => channels.map(({ name }) => name);
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a courier", () => {
  it("keeps ordered messages on one connection, in the channel of the pool", () => {
    const links = [linkThatDelivers(), linkThatDelivers()];
    const courier = courierOver(links);
    for (const data of [1, 2, 3]) void courier.deliver(ORDERED, data, PATIENT);
    expect(links.map(({ carried }) => carried)).toEqual([[1, 2, 3], []]);
    expect(nameOf(links[0]!)).toEqual(["data"]);
  });

  it("spreads messages without an order over the connections, with a channel for each", () => {
    const links = [linkThatDelivers(), linkThatDelivers()];
    const courier = courierOver(links);
    for (const data of [1, 2, 3, 4]) void courier.deliver(UNORDERED, data, PATIENT);
    expect(links.map(({ carried }) => carried)).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(links.map(nameOf)).toEqual([["data.0"], ["data.1"]]);
  });

  it("sends what was on a lost connection again on the next, before anything new", async () => {
    const [first, second] = [linkThatDelivers(), linkThatDelivers()];
    const courier = courierOver([first, second]);
    for (const data of [1, 2]) void courier.deliver(ORDERED, data, PATIENT);
    first.break(LOST);
    void courier.deliver(ORDERED, 3, PATIENT);
    await turn();
    expect(second.carried).toEqual([1, 2, 3]);
  });

  it("takes a channel that is asked for", () => {
    const link = linkThatDelivers();
    void courierOver([link]).deliver(ORDERED, 1, { ...PATIENT, channel: "mine" });
    expect(nameOf(link)).toEqual(["mine"]);
  });

  it("fails what waits when it closes, and takes nothing more", async () => {
    const link = linkThatDelivers();
    const courier = courierOver([link]);
    const sent = courier.deliver(ORDERED, 1, PATIENT);
    courier.close();
    await expect(sent).rejects.toMatchObject({ code: "UNAVAILABLE", outcome: "unknown" });
    const late = courier.deliver(ORDERED, 2, PATIENT);
    await expect(late).rejects.toMatchObject({ code: "UNAVAILABLE", outcome: "not-delivered" });
  });
});

describe("to a peer that knows no channels", () => {
  it("a message is sent by its id", async () => {
    const link = new FakeLink();
    await courierOver([link]).deliver(ORDERED, 1, PATIENT);
    expect(link.carried).toEqual([1]);
    expect(link.channels).toEqual([]);
  });

  it("a message is sent again with the same id after an error that a retry mends", async () => {
    const ids: unknown[] = [];
    const sendForAck = async (_: unknown, __: unknown, { id }: { id?: string | undefined }) => {
      ids.push(id);
      if (ids.length === 1) throw LOST;
    };
    const courier = courierOver([new FakeLink()], { sendForAck });
    await courier.deliver(ORDERED, 1, PATIENT);
    expect(ids.length).toBe(2);
    expect(ids[0]).toBe(ids[1]);
  });

  it("messages that waited for the connection go by their ids as well", async () => {
    const link = new FakeLink();
    link.isOpen = false;
    const courier = courierOver([link], {
      connect: async () => {
        link.isOpen = true;
        return link.link;
      },
    });
    const sent = [1, 2].map((data) => courier.deliver(ORDERED, data, PATIENT));
    await Promise.all(sent);
    expect(link.carried.toSorted()).toEqual([1, 2]);
  });

  it("a message fails as its attempts do", async () => {
    const sendForAck = () =>
      Promise.reject(new RnpError("CONFLICT", "no", { outcome: "rejected" }));
    const courier = courierOver([new FakeLink()], { sendForAck });
    const sent = courier.deliver(ORDERED, 1, PATIENT);
    await expect(sent).rejects.toMatchObject({ code: "CONFLICT", outcome: "rejected" });
  });
});
