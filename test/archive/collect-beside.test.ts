import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { collectionView, evidenceVerification, stopReceipt } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Installation, repository } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

const MIB = 1024 * 1024;
const LARGE_BYTES = 200 * MIB;
/** So large that reading it as JSON and taking secrets out keeps a thread busy for seconds. */
const SETTINGS_BYTES = 4 * MIB - 64 * 1024;
/** What a server that does this by itself could answer between two files, many times over. */
const ANSWERS_MIN = 60;

const installation = new Installation();
let pid: number;

beforeAll(async () => {
  const shipped = readFileSync(path.join(repository, "profiles/ai-empire/profile.yaml"), "utf8");
  const own = "evidence: { levels: { standard: { items: [configuration, workspace] } }, keepFreeMb: 0 }";
  writeFileSync(path.join(installation.home, "profile.yaml"), `${shipped}\n${own}\n`);
  const server = await installation.startServer();
  pid = server.process.pid ?? 0;
  writeFileSync(path.join(installation.workspace, "large.bin"), "a log");
  truncateSync(path.join(installation.workspace, "large.bin"), LARGE_BYTES);
  mkdirSync(path.join(installation.workspace, ".claude"));
  for (const name of [".mcp.json", ".claude/settings.json"])
    writeFileSync(path.join(installation.workspace, name), settings());
  const run = installation.start(
    [
      "run",
      "--agent",
      "scout",
      "--workspace",
      installation.workspace,
      "--",
      "sh",
      "-c",
      "echo working; exec sleep 600",
    ],
    installation.workspace,
  );
  await waitFor("the agent", 30_000, () => /working/.test(run.output()) || undefined);
});
afterAll(() => installation.close());

function settings(): string {
  const hooks: Record<string, string> = {};
  const line = "an ordinary setting that somebody wrote ".repeat(8);
  for (let index = 0; index * (line.length + 16) < SETTINGS_BYTES; index++) hooks[`hook-${index}`] = line;
  return JSON.stringify(hooks);
}

/** As the collection itself writes it down: whoever asks the server for it cannot tell when the server is busy. */
function currentKind(id: string): string | null | undefined {
  try {
    const file = path.join(installation.home, "evidence/under-way", `${id}.json`);
    const record: { progress: { current: string | null } } = JSON.parse(readFileSync(file, "utf8"));
    return record.progress.current;
  } catch {
    return undefined;
  }
}

async function answersWhile(isUnderWay: () => boolean): Promise<number> {
  let answers = 0;
  while (isUnderWay()) {
    const response = await fetch(`${installation.url}/health`);
    await response.body?.cancel();
    if (response.ok && isUnderWay()) answers += 1;
  }
  return answers;
}

/** The most memory that the server ever held. */
function peakBytes(): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

describe("E-2: what is heavy about evidence is done beside the server's thread", () => {
  let id: string;

  test("health and a stop are answered while one kind of evidence is being worked on", async () => {
    const asked = { agentId: "scout", level: "standard", reason: "a large one", timeLimitSeconds: 300 };
    const begun = await installation.call(collectionView, "POST", "/evidence/collections", asked);
    ({ id } = begun);
    await waitFor("the configuration's turn", 60_000, () => currentKind(id) === "configuration" || undefined);
    const stop = { scope: "agent", target: "scout", level: "kill", reason: "it leaks" };
    const stopped = installation.call(stopReceipt, "POST", "/killswitch/stop", stop).then(() => currentKind(id));
    expect(await answersWhile(() => currentKind(id) === "configuration")).toBeGreaterThan(ANSWERS_MIN);
    expect(await stopped).toBe("configuration");
    const sealed = await waitFor("the archive", 120_000, async () => {
      const view = await installation.call(collectionView, "GET", `/evidence/collections/${id}`);
      return view.state === "running" ? undefined : view;
    });
    expect(sealed).toMatchObject({ state: "sealed" });
    expect(sealed.bytes).toBeGreaterThan(LARGE_BYTES);
  });

  test("verifying and exporting it go the same way, and its size costs no memory", async () => {
    const before = peakBytes();
    let isChecked = false;
    const checked = installation.call(evidenceVerification, "POST", `/evidence/${id}/verify`).finally(() => {
      isChecked = true;
    });
    expect(await answersWhile(() => !isChecked)).toBeGreaterThan(ANSWERS_MIN);
    expect(await checked).toMatchObject({ intact: true });
    const file = path.join(installation.home, "out.tar.zst");
    const exporting = installation.start(["evidence", "export", id, "--reason", "for the auditor", "--out", file]);
    expect((await exporting.ended).code, exporting.output()).toBe(0);
    const verifying = installation.start(["evidence", "verify", file]);
    expect((await verifying.ended).code, verifying.output()).toBe(0);
    expect(peakBytes() - before).toBeLessThan(LARGE_BYTES / 2);
  });
});
