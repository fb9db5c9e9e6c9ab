import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { buildOpenApi } from "./openapi.ts";
import { ROUTES } from "./routes/index.ts";

/** With `UPDATE_GOLDEN=1` the committed file is rewritten, to be reviewed as a diff. */
async function expectGolden(file: string, text: string): Promise<void> {
  const url = new URL(file, import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") await writeFile(url, text);
  const committed = await readFile(url, "utf8").catch(() => "");
  expect(committed, `${file} is out of date: run with UPDATE_GOLDEN=1 and review the diff`).toBe(text);
}

describe("O-4: what exists is listed", () => {
  test("openapi.json is what the route table gives", async () => {
    await expectGolden("./openapi.json", `${JSON.stringify(buildOpenApi(ROUTES), null, 2)}\n`);
  });

  test("endpoints.golden.txt lists every endpoint with the access it needs", async () => {
    const lines = ROUTES.map((route) => `${route.method} ${route.path} ${route.access}\n`);
    await expectGolden("./endpoints.golden.txt", lines.join(""));
  });

  test("operation ids and addresses are unique", () => {
    expect(new Set(ROUTES.map((route) => route.operationId)).size).toBe(ROUTES.length);
    expect(new Set(ROUTES.map((route) => `${route.method} ${route.path}`)).size).toBe(ROUTES.length);
  });

  test("every reference in the document points to something", () => {
    const document = buildOpenApi(ROUTES);
    const text = JSON.stringify(document);
    const names = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(80);
    expect(document).toMatchObject({ components: { schemas: expect.any(Object) } });
    for (const name of new Set(names)) expect(text).toContain(`"${name}":{`);
  });
});
