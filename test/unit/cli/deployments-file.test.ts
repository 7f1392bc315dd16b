import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readDeployments } from "../../../runtime/cli/deployments-file.js";
import { temporaryFolder } from "../../support/certificates.js";

async function fileWith(text: string): Promise<string> {
  const path = join(await temporaryFolder(), "deploy.json");
  await writeFile(path, text);
  return path;
}

describe("the file given as --deploy", () => {
  it("lists instances in the words of instance.create, with a placement where one is wanted", async () => {
    const list = [
      { name: "web", script: "web.mjs", env: { PORT: "8080" }, resources: { ram_mb: 64 } },
      { name: "job", script: "job.sh", placement: { constraints: ["region=us-east"] } },
    ];
    expect(await readDeployments(await fileWith(JSON.stringify(list)))).toEqual(list);
  });

  it.each([
    ["is no JSON", "[{", "not JSON: "],
    ["is no list", '{"name":"web"}', "/: expected a list of instances, got object"],
    ["holds something else", "[5]", "/0: expected an instance"],
    ["leaves out the script", '[{"name":"web"}]', "/0/script"],
    ["has a field too many", '[{"name":"web","script":"a","count":2}]', "/0/count: expected no"],
    ["gives an id", '[{"name":"web","script":"a","instance_id":"b"}]', "/0/instance_id: "],
    ["has a name that ids cannot begin with", '[{"name":"a b","script":"a"}]', "/0/name: "],
    ["has a name twice", '[{"name":"a","script":"a"},{"name":"a","script":"a"}]', "/1/name: "],
    [
      "asks for a placement that is none",
      '[{"name":"a","script":"a","placement":{"constraints":["zone"]}}]',
      "/0/placement/constraints/0: ",
    ],
  ])("is refused, with the place, where it %s", async (_, text, expected) => {
    const path = await fileWith(text);
    await expect(readDeployments(path)).rejects.toThrow(`${path}: ${expected}`);
  });

  it("is said to be missing where it is", async () => {
    const path = join(await temporaryFolder(), "nowhere.json");
    await expect(readDeployments(path)).rejects.toThrow(`${path}: no such file; check the path`);
  });
});
