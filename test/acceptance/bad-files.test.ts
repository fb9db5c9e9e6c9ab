import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { overview, rulesView } from "@firebreak/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Installation } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

let installation: Installation;

beforeEach(() => {
  installation = new Installation();
});
afterEach(() => installation.close());

function write(name: string, text: string): void {
  const file = path.join(installation.home, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe("files of the owner that do not parse", () => {
  test("a broken profile, channel list, rule and playbook are named with their place; everything else works", async () => {
    write("profile.yaml", "name: mine\nseverities: [\n");
    write("channels.yaml", "channels:\n  - { name: ops, kind: pigeon }\n");
    write("rules/broken.yml", "title: Broken\nlogsource: { product: ai_agent }\ndetection:\n  condition: nothing\n");
    write("rules/good.yml", GOOD_RULE);
    write("playbooks/broken.yaml", "id: broken\ntitle: Broken\nphases: nowhere\n");
    const server = await installation.startServer();
    const said = await waitFor("the server to say that it runs", 30_000, () => {
      const output = server.output();
      return output.includes("firebreak run") ? output : undefined;
    });
    expect(said).toMatch(/profile\.yaml:\d+:\d+: /);
    expect(said).toMatch(/channels\.yaml:2:\d+: /);
    expect(said).toMatch(/broken\.yml:\d+:\d+: /);
    expect(said).toMatch(/broken\.yaml:\d+:\d+: /);
    const rules = await installation.call(rulesView, "GET", "/rules");
    expect(rules.rules.map((rule) => rule.title)).toContain("Owner's own rule");
    expect(rules.errors).toHaveLength(1);
    expect(rules.errors[0]?.remedy).not.toBe("");
    const view = await installation.call(overview, "GET", "/overview");
    expect(view.nextSteps.map((step) => step.text).join("\n")).toMatch(/profile\.yaml:\d+/);
  });
});

test("configuration of libraries in the working directory, where agents may write, is neither run nor read", async () => {
  const trace = path.join(installation.workspace, "it-ran");
  const program = `require("node:fs").writeFileSync(${JSON.stringify(trace)}, "");\nmodule.exports = {};\n`;
  write(".graphile-workerrc.js", program);
  write("graphile-worker.config.cjs", program);
  write("package.json", JSON.stringify({ "graphile-worker": { schema: 7 } }));
  await installation.startServer();
  expect(existsSync(trace)).toBe(false);
  const view = await installation.call(overview, "GET", "/overview");
  expect(view.openAlerts).toBe(0);
});

const GOOD_RULE = `title: Owner's own rule
id: 5a3c3d0e-1b5c-4b7a-9d2e-000000000001
logsource: { product: ai_agent, category: agent_events }
detection:
  selection: { event_type: command, command|contains: curl }
  condition: selection
level: low
`;
