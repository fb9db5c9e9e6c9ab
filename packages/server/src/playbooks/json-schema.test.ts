import { expect, test } from "vitest";
import { playbookJsonSchemaText } from "./json-schema.ts";

/** After a change of the format, `npx vitest run -u` on this file writes the schema anew. */
test("P-1: the committed JSON Schema is what the format says", async () => {
  await expect(playbookJsonSchemaText()).toMatchFileSnapshot("./playbook.schema.json");
});
