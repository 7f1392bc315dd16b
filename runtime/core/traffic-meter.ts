import { LatencyHistogram } from "./latency-histogram.js";

/** What is counted for one message type. */
export class TypeTraffic {
  sent = 0;
  received = 0;
  /** From sending a request or an acknowledged message to its answer, in ms. */
  readonly roundTrip = new LatencyHistogram();
  /**
   * From the sender's timestamp to arrival, in ms. The timestamp has whole milliseconds, and the two
   * clocks may differ; negative ages count as none.
   */
  readonly age = new LatencyHistogram();

  /** The round trip where there is one, else the age on arrival. */
  get latency(): LatencyHistogram {
    return this.roundTrip.count > 0 ? this.roundTrip : this.age;
  }
}

/** Counts the messages of one node by type, over all of its connections. */
export class TrafficMeter {
  readonly #byType = new Map<string, TypeTraffic>();
  /** The last one asked for: messages of one type come in rows. */
  #lastType = "";
  #last: TypeTraffic = new TypeTraffic();
  /** Messages of unknown type that were dropped, as nobody waited for an answer. */
  unknownTypeCount = 0;
  /** Messages that the generated decoders read. */
  fastCount = 0;
  /** Messages that they declined, so that the reference path decided. */
  referenceCount = 0;

  of(type: string): TypeTraffic {
    if (type !== this.#lastType) {
      this.#last = this.#find(type);
      this.#lastType = type;
    }
    return this.#last;
  }

  entries(): IterableIterator<[type: string, traffic: TypeTraffic]> {
    return this.#byType.entries();
  }

  #find(type: string): TypeTraffic {
    let traffic = this.#byType.get(type);
    if (traffic === undefined) {
      traffic = new TypeTraffic();
      this.#byType.set(type, traffic);
    }
    return traffic;
  }
}
