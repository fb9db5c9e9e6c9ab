import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { createGate } from "@firebreak/sdk";
import { agentCoverage, intakeReceipt, newTokenView } from "@firebreak/protocol";
import { expect, test } from "vitest";
import { z } from "zod";
import { Installation } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

const answer = z.object({ serverReachable: z.boolean(), items: z.array(agentCoverage) });

test("C-3: coverage says per agent what is enforced and what is only observed, with the server and without", async () => {
  const installation = new Installation();
  const coverage = async () => (await installation.json(answer, "gate", "coverage")).value;
  const levels = async () => (await coverage()).items.map(({ agentId, level }) => [agentId, level]);
  try {
    const project = path.join(installation.workspace, "project");
    mkdirSync(project);
    const install = ["gate", "install", "claude-code", "--project", project, "--agent", "reviewer"];
    expect((await installation.start(install).ended).code).toBe(0);
    const server = await installation.startServer();
    const run = installation.start(["run", "--agent", "scout", "--pack", "research", "--", "sleep", "60"]);
    const teller = { agent: { id: "teller" }, kind: "log" };
    await installation.call(intakeReceipt, "POST", "/events", teller);
    const request = { name: "bot", access: "agent", agentId: "bot" };
    const { token } = await installation.call(newTokenView, "POST", "/tokens", request);
    const gate = createGate({
      killswitchDir: path.join(installation.home, "killswitch"),
      agent: "bot",
      url: installation.url,
      token,
      reportAs: "langchain",
    });
    await gate.close();

    await waitFor("the supervised agent is known", 30_000, async () =>
      (await levels()).length === 4 ? true : undefined,
    );
    expect(await levels()).toEqual([
      ["bot", "calls"],
      ["scout", "processes"],
      ["teller", "observed"],
      ["reviewer", "calls"],
    ]);
    const { items } = await coverage();
    expect(items[0]?.gates).toMatchObject([{ runtime: "langchain", state: "reporting", place: null }]);
    expect(items[3]).toMatchObject({ lastSeenAt: null, gates: [{ runtime: "claude-code", testPassed: true }] });
    const printed = installation.start(["gate", "coverage"]);
    await printed.ended;
    expect(printed.output()).toMatch(/teller: Observed only: nothing can refuse its calls or end its processes\./);

    server.process.kill("SIGTERM");
    await server.ended;
    expect(await levels()).toEqual([
      ["reviewer", "calls"],
      ["scout", "processes"],
    ]);
    rmSync(path.join(project, ".claude"), { recursive: true });
    run.process.kill("SIGTERM");
    await run.ended;
    expect((await coverage()).items).toMatchObject([{ level: "observed", gates: [{ state: "gone" }] }]);
  } finally {
    await installation.close();
  }
});
