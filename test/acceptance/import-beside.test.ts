import { readFileSync } from "node:fs";
import path from "node:path";
import { playbookImport } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Installation, repository } from "../harness/firebreak.ts";

let installation: Installation;

beforeAll(async () => {
  installation = new Installation();
  await installation.startServer();
}, 60_000);
afterAll(() => installation.close());

const FIXTURE = path.join(repository, "packages/server/src/playbooks/import/fixtures/everything.runbook.txt");

/** As long as a runbook may be, and of what is dearest to read. */
function worstRunbook(): string {
  const whole = readFileSync(FIXTURE, "utf8");
  const lines = Array.from({ length: 20 }, (_unused, part) => whole.replaceAll(/^## /gm, `## Part ${part}, `))
    .join("\n")
    .split("\n");
  return lines.slice(0, 4_900).join("\n");
}

describe("P-2: while a large runbook is imported", () => {
  test("health and the kill switch answer first, though they were asked later", async () => {
    const answered: string[] = [];
    const note = async (name: string, asked: Promise<Response>) => {
      const response = await asked;
      await response.text();
      answered.push(name);
      return response.status;
    };
    const importing = note(
      "import",
      installation.send("POST", "/playbooks/import", { name: "worst.md", markdown: worstRunbook() }),
    );
    const stop = (target: string) =>
      installation.send("POST", "/killswitch/stop", {
        scope: "agent",
        target,
        level: "deny",
        reason: "while it imports",
      });
    const asked = [1, 2, 3].flatMap((n) => [
      note("health", fetch(`${installation.url}/health`)),
      note("stop", stop(`agent-${n}`)),
    ]);
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 6 }, () => 200));
    expect(await importing).toBe(200);
    expect(answered.at(-1)).toBe("import");
  });

  test("the answer is what the command line says of the same file", async () => {
    const markdown = readFileSync(FIXTURE, "utf8");
    const api = await installation.call(playbookImport, "POST", "/playbooks/import", { name: FIXTURE, markdown });
    const cli = await installation.json(playbookImport, "playbook", "import", FIXTURE);
    expect(api.playbooks.map(({ id, steps }) => `${id} ${steps}`)).toEqual(
      cli.value.playbooks.map(({ id, steps }) => `${id} ${steps}`),
    );
    expect(api.lines).toHaveLength(cli.value.lines.length);
  });
});
