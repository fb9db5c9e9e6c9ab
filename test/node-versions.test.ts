import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { overview, stopReceipt } from "@firebreak/protocol";
import { describe, expect, test } from "vitest";
import { Installation, repository } from "./harness/firebreak.ts";
import { waitFor } from "./harness/processes.ts";

const NODES = path.join(repository, "node_modules/.cache/nodes");

describe("the oldest Node.js that we promise, and the later lines", () => {
  test.each(readdirSync(NODES))(
    "Node.js %s runs the server, supervises an agent and stops it with proof",
    async (version) => {
      const node = path.join(NODES, version, "node_modules/node/bin/node");
      expect(execFileSync(node, ["--version"], { encoding: "utf8" }).trim()).toBe(`v${version}`);
      const installation = new Installation({}, node);
      try {
        await installation.startServer();
        installation.start(["run", "--agent", "scout", "--", "sh", "-c", "sleep 60 & wait"]);
        await waitFor("the agent to be registered", 30_000, async () => {
          const view = await installation.call(overview, "GET", "/overview");
          return view.agents.running === 1 ? view : undefined;
        });
        const { value, code } = await installation.json(
          stopReceipt,
          "stop",
          "--agent",
          "scout",
          "--level",
          "kill",
          "--reason",
          "a test",
        );
        expect(code).toBe(0);
        expect(value).toMatchObject({ verified: true, serverReachable: true });
        expect(value.results).toHaveLength(1);
        expect(installation.agentProcesses()).toEqual([]);
      } finally {
        await installation.close();
      }
    },
  );

  test("all three were tried", () => {
    const majors = readdirSync(NODES).map((version) => Number(version.split(".")[0]));
    expect(majors.toSorted((a, b) => a - b)).toEqual([20, 22, 24]);
  });
});
