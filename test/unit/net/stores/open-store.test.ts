import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../../../runtime/net/stores/open-store.js";
import { newFolder } from "../../../support/folders.js";

it("opens the store in a folder", async () => {
  const folder = await newFolder();
  const store = await openStore(folder);
  expect(store.identity.generation).toBe(1);
  await expect(openStore(folder)).rejects.toMatchObject({ code: "CONFLICT" });
  await store.close();
});

it("says which folder it cannot have", async () => {
  const file = join(await newFolder(), "file");
  await writeFile(file, "");
  await expect(openStore(file)).rejects.toMatchObject({
    code: "INTERNAL_ERROR",
    message: expect.stringContaining(`the store in ${file} cannot be opened`),
  });
});
