import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readProcess } from "../../process-tree/index.ts";
import { until } from "../../../../../../test/agents/process-trees.ts";
import { effectorContextFor, effectorOf, effectorProcess, runElsewhere } from "../testing.ts";
import { refuseShell } from "./refuse-shell.ts";

let dir: string;
let home: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fb-command-"));
  home = join(dir, "home");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A program of the owner's. */
function program(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

const effector = () => effectorOf("command.run", {});
const made = () => existsSync(join(dir, "made"));
/** Makes the folder `made`, and takes it away again however often it is asked. */
const makeFolder = () => ({
  program: "mkdir",
  args: [join(dir, "made")],
  undo: { program: "rm", args: ["-rf", join(dir, "made")] },
});

describe("command.run", () => {
  test("C-3: preview says what would run and what would take it back, and runs nothing", async () => {
    const preview = await effector().preview(effectorContextFor(home), makeFolder());
    expect(preview).toMatchObject({
      changes: [`runs mkdir ${join(dir, "made")}`, `undo runs rm -rf ${join(dir, "made")}`],
      obstacles: [],
      blastRadius: { services: ["mkdir"] },
    });
    expect(made()).toBe(false);
    expect(effector()).toMatchObject({ idempotent: false, destroysEvidence: true });
  });

  test("C-3: runs, is verified, and is taken back by its undo command, twice is once", async () => {
    const ctx = effectorContextFor(home);
    expect(await effector().verify(ctx, makeFolder(), {})).toMatchObject({ ok: false });
    const { ok, output = {} } = await effector().apply(ctx, makeFolder());
    expect([ok, output, made()]).toEqual([true, { exitCode: 0, output: "" }, true]);
    expect(await effector().verify(ctx, makeFolder(), output)).toMatchObject({ ok: true });
    for (let i = 0; i < 2; i++) {
      expect(await effector().undo(ctx, makeFolder(), output)).toMatchObject({ ok: true });
      expect(made()).toBe(false);
    }
    expect(await effector().verify(ctx, makeFolder(), output)).toMatchObject({ ok: false });
  });

  test("C-3: is not idempotent and says so: applied twice, it runs twice", async () => {
    const ctx = effectorContextFor(home);
    const parameters = { program: program("count", `echo x >> ${join(dir, "count.txt")}`) };
    await effector().apply(ctx, parameters);
    await effector().apply(ctx, parameters);
    expect(readFileSync(join(dir, "count.txt"), "utf8")).toBe("x\nx\n");
    expect(await effector().undo(ctx, parameters, {})).toMatchObject({ ok: false, reason: "unavailable" });
  });

  test("C-3: one that fails half-way is taken back", async () => {
    const ctx = effectorContextFor(home);
    const half = {
      ...makeFolder(),
      program: program("half", `mkdir ${join(dir, "made")}; echo no >&2; exit 3`),
      args: [],
    };
    const outcome = await effector().apply(ctx, half);
    expect(outcome).toMatchObject({ ok: false, reason: "failed", output: { exitCode: 3, output: "no\n" } });
    expect(outcome.message).toContain("took it back");
    expect(made()).toBe(false);
    expect(await effector().apply(ctx, { ...half, expectExit: 3 })).toMatchObject({ ok: true });
  });

  test("C-3: one that can be neither done nor taken back says that something remains", async () => {
    const outcome = await effector().apply(effectorContextFor(home), {
      program: "false",
      undo: { program: "false", args: [] },
    });
    expect(outcome).toMatchObject({ ok: false, remains: true });
  });

  test("C-3: what a process began before kill -9 is taken back by another process", async () => {
    const facts = {
      home,
      effector: "command.run",
      parameters: makeFolder(),
      settings: {},
      runId: "run_1",
      stepId: "step",
    };
    expect((await runElsewhere({ verb: "apply", ...facts })).signal).toBe("SIGKILL");
    expect(made()).toBe(true);
    expect(JSON.parse((await runElsewhere({ verb: "undo", ...facts })).stdout)).toMatchObject({ ok: true });
    expect(made()).toBe(false);
  });

  test("C-3: a command that outlived Firebreak's kill -9 is ended before it is taken back", async () => {
    const pidFile = join(dir, "pid");
    const slow = {
      ...makeFolder(),
      program: program(
        "slow",
        `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; while :; do sleep 0.1; mkdir -p ${join(dir, "made")}; done`,
      ),
      args: [],
    };
    const facts = { home, effector: "command.run", parameters: slow, settings: {}, runId: "run_1", stepId: "step" };
    const firebreak = spawn(process.execPath, [effectorProcess(), JSON.stringify({ verb: "apply", ...facts })]);
    await until("the command runs", () => existsSync(pidFile) && made());
    firebreak.kill("SIGKILL");
    await once(firebreak, "exit");
    const pid = Number(readFileSync(pidFile, "utf8"));
    expect(readProcess(pid)?.state).toMatch(/[RSD]/);
    const undone = await effector().undo(effectorContextFor(home), slow, {});
    expect(undone, undone.message).toMatchObject({ ok: true });
    expect(readProcess(pid)?.state ?? "gone").toMatch(/^(?:gone|Z)$/);
    expect(made()).toBe(false);
  });

  test("C-3: its time over, it is ended with its children, also one that left its group and closed its output", async () => {
    const child = `setsid sleep 600 > /dev/null 2>&1 & echo $! > ${join(dir, "pid")}`;
    const slow = { program: program("slow", `${child}\nsleep 600`), timeoutMs: 500 };
    const outcome = await effector().apply(effectorContextFor(home), slow);
    expect(outcome).toMatchObject({ ok: false, reason: "timed_out" });
    const pid = Number(readFileSync(join(dir, "pid"), "utf8"));
    expect(readProcess(pid)?.state ?? "gone").toMatch(/^(?:gone|Z)$/);
  });

  test("C-3: has a clean environment, arguments that no shell reads, and output without secrets", async () => {
    const secret = `ghp_${"a1B2c3D4e5F6".repeat(3)}`;
    const show = program("show", 'printf "%s\\n" "$@"; env');
    const { output, message } = await effector().apply(effectorContextFor(home), {
      program: show,
      args: ["$(id)", "`id`", "a b", `--token=${secret}`, "--password", "Correct-Horse-7"],
    });
    expect(message).not.toContain("Correct-Horse");
    const text = String(output?.["output"]);
    expect(text).toContain("$(id)\n`id`\na b\n");
    expect(text + message).not.toContain(secret.slice(0, 20));
    expect(text).not.toMatch(/^(?:VITEST|npm_|FIREBREAK_HOME)/m);
  });

  test("C-3: what is not there never ran", async () => {
    const ctx = effectorContextFor(home);
    expect(await effector().apply(ctx, { program: "no-such-program-here" })).toMatchObject({ reason: "not_found" });
    expect(await effector().apply(ctx, { program: "true", folder: join(dir, "none") })).toMatchObject({
      reason: "not_found",
    });
    expect(await effector().undo(ctx, { program: "true" }, {})).toMatchObject({ ok: true });
  });

  test.each([
    ["sh", "-c", "id"],
    ["/bin/bash", "x.sh"],
    ["env", "sh", "-c", "id"],
    ["docker", "exec", "web", "sh", "-c", "id"],
    ["docker", "run", "--entrypoint=sh", "alpine"],
    ["python3", "-c", "import os"],
    ["python3.12", "-Ic", "import os"],
    ["perl", "-e", "1"],
    ["node", "--eval", "1"],
    ["find", "/tmp", "-exec", "rm", "{}", ";"],
    ["tar", "-xf", "x", "--to-command=id"],
    ["tar", "-cf", "x", "--checkpoint-action=exec=id", "y"],
    ["git", "-c", "core.pager=id", "log"],
    ["git", "clone", "--upload-pack=id", "x"],
    ["rsync", "-e", "id", "a", "b"],
    ["psql", "-c", "\\! id"],
    ["xargs", "id"],
    ["ssh", "host", "id"],
    ["cat", "x", "|", "sort"],
    ["cat", "x", ">", "/etc/y"],
    ["ls", "2>&1"],
    ["true", "&&", "false"],
    ["sudo", "systemctl", "restart", "x"],
    ["sudo", "-n", "sh", "-c", "id"],
    ["sudo", "-n", "env", "id"],
  ])("C-3: refuses %s %s %s", async (name, ...args) => {
    expect(refuseShell({ program: name, args })).not.toBeNull();
    await expect(effector().apply(effectorContextFor(home), { program: name, args })).rejects.toThrow("custom");
    const undo = { program: name, args };
    await expect(effector().apply(effectorContextFor(home), { program: "true", undo })).rejects.toThrow("custom");
  });

  test.each([
    ["systemctl", "restart", "nginx"],
    ["sudo", "-n", "systemctl", "restart", "nginx"],
    ["python3", "workflow/guard.py", "--reset"],
    ["docker", "compose", "-f", "x.yml", "up", "-d"],
    ["kubectl", "rollout", "restart", "deployment/web"],
    ["tar", "-czf", "x.tgz", "y"],
    ["git", "-C", "/srv/app", "checkout", "main"],
    ["npm", "run", "build"],
    ["docker", "exec", "web", "touch", "/app/maintenance.lock"],
  ])("C-3: takes %s %s %s", (name, ...args) => {
    expect(refuseShell({ program: name, args })).toBeNull();
  });
});
