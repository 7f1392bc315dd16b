import { describe, expect, test } from "vitest";
import { Community, type CommunityOptions } from "./community.js";
import { HERO, OTHER, STORIES, type Story } from "./stories.js";

type StoryName = keyof typeof STORIES;

const COUNTS = [8, 32];
const WAYS = ["mesh", "epidemic"] as const;

function live(name: StoryName, options: CommunityOptions): Community {
  const story: Story = STORIES[name];
  const community = new Community(options).begin();
  story.tell(community);
  return community.run(story.durationMs);
}

/** The same, lived once for all tests that look at it. */
const remember = new Map<string, Community>();
function lived(name: StoryName, options: CommunityOptions): Community {
  const key = `${name} ${JSON.stringify(options)}`;
  const community = remember.get(key) ?? live(name, options);
  remember.set(key, community);
  return community;
}

/** Who came to be suspected or dead to somebody. */
function doubted({ chronicle }: Community): string[] {
  const doubts = chronicle.filter(
    ({ after }) => after.state === "suspect" || after.state === "dead",
  );
  return [...new Set(doubts.map(({ node }) => node))];
}

/** When the last of all came to believe this. */
function lastAt(community: Community, node: number, state: string): number {
  const name = community.nameOf(node);
  const told = community.chronicle.filter((it) => it.node === name && it.after.state === state);
  return Math.max(...told.map(({ at }) => at));
}

const SETTINGS = COUNTS.flatMap((count) =>
  WAYS.map((dissemination, index) => ({ count, dissemination, seed: count + index })),
);

describe.each(SETTINGS)("a $dissemination of $count in which", (options) => {
  test.each(Object.keys(STORIES) as StoryName[])(
    "%s keeps all rules, the same each time",
    (name) => {
      const community = lived(name, options);
      expect(community.end()).toEqual([]);
      expect(community.sample.sampleCount).toBeGreaterThan(0);
      const again = live(name, options).world.engine.hash.digest();
      expect(again).toBe(community.world.engine.hash.digest());
      const story: Story = STORIES[name];
      if (story.isStormy) return;
      const mayBe = (story.doubted ?? []).map((node) => community.nameOf(node));
      expect(doubted(community).filter((node) => !mayBe.includes(node))).toEqual([]);
    },
  );

  test.each(["one is killed", "one loses its power"] as const)(
    "%s has it dead to all in 6 s",
    (name) => {
      const community = lived(name, options);
      expect(community.beliefs(HERO)).toEqual(["dead"]);
      expect(lastAt(community, HERO, "dead")).toBeLessThan(26_000);
    },
  );

  test("one is stopped has it accuse nobody, and alive in the end", () => {
    const community = lived("one is stopped for ten seconds", options);
    const hero = community.nameOf(HERO);
    const accused = community.chronicle.filter(({ after }) => after.accusers.includes(hero));
    expect(accused).toEqual([]);
    expect(community.beliefs(HERO)).toEqual(["alive"]);
    // It was dead to them, and had to say that it was not.
    expect(community.core(0).rows.get(hero)?.incarnation).toBeGreaterThan(0);
  });

  test("one does not get through to another has nobody dead", () => {
    const community = lived("one does not get through to another", options);
    expect(community.chronicle.filter(({ after }) => after.state === "dead")).toEqual([]);
    expect([...community.beliefs(HERO), ...community.beliefs(OTHER)]).toEqual(["alive", "alive"]);
  });

  test("one leaves has it left to all at once, and dead to nobody", () => {
    const community = lived("one leaves", options);
    expect(community.beliefs(HERO)).toEqual(["left"]);
    expect(lastAt(community, HERO, "left")).toBeLessThan(23_000);
  });

  test("one starts again has it alive to all at once, in a later life", () => {
    const community = lived("one is killed and starts again", options);
    const hero = community.nameOf(HERO);
    const { epoch } = community.world.shell(HERO);
    const returned = community.chronicle.filter(
      ({ node, after }) => node === hero && after.state === "alive" && after.epoch === epoch,
    );
    expect(new Set(returned.map(({ by }) => by)).size).toBe(options.count - 1);
    const firstAts = new Map(returned.toReversed().map(({ by, at }) => [by, at]));
    expect(Math.max(...firstAts.values())).toBeLessThan(24_000);
  });
});

describe.each(WAYS)("two processes of one id in a %s", (dissemination) => {
  /** The last one has the id of the first. */
  const names = ["a", "b", "c", "d", "e", "a"];

  function twins() {
    const community = new Community({ seed: 3, count: 6, dissemination, names });
    community.begin([0, 1, 2, 3, 4]);
    community.world.plan.after(20_000, () => community.world.start(5, [2]));
    return community.run(120_000);
  }

  test("are reported, the later one remains, and nothing flaps", () => {
    const community = twins();
    const [mine, other] = [0, 5].map((node) => community.world.shell(node).epoch);
    const address = community.world.machine(5).address;
    expect(community.conflicts).toEqual([{ kind: "conflict", node: "a", mine, other, address }]);
    expect(community.world.machine(0).process).toBeUndefined();
    expect(community.end()).toEqual([]);
    for (const node of [1, 2, 3, 4]) {
      const lives = community.chronicle.filter(({ by, node: of }) => {
        return by === community.nameOf(node) && of === "a";
      });
      expect(new Set(lives.map(({ after }) => after.epoch))).toEqual(new Set([other]));
      expect(community.core(node).rows.get("a")).toMatchObject({ state: "alive", epoch: other });
    }
    expect(community.world.engine.hash.digest()).toBe(twins().world.engine.hash.digest());
  });
});

describe.each(WAYS)("a %s whose nodes do not know each other", (dissemination) => {
  test.each(COUNTS)("comes to be one of %i", (count) => {
    // All have asked the first one, and in a mesh two may dial each other at once.
    const strictness = { connectionCountMax: 2 * count };
    const options = { seed: 5, count, dissemination, isAcquainted: false, strictness };
    const community = new Community(options).begin().run(10_000);
    const counts = community.world.running().map(({ core }) => core.livingCount);
    expect(new Set(counts)).toEqual(new Set([count]));
    expect(community.run(60_000).end()).toEqual([]);
  });
});
