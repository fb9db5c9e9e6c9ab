import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Actor } from "@firebreak/protocol";
import type { Clock, Environment, NewId } from "../../kernel/index.ts";
import { writeFileAtomic } from "../../kernel/index.ts";
import type { Killswitch } from "../../killswitch/index.ts";
import { claudeCodeShim, quote } from "./claude-code-shim.ts";

const ANSWER_MS = 5_000;
const STDERR_MAX = 4_096;

export interface GateCheck {
  readonly what: string;
  readonly passed: boolean;
  readonly found: string;
  readonly elapsedMs: number;
}

export interface SelfTestOptions {
  /** the hook's command line as Claude Code's settings hold it */
  readonly command: string;
  readonly killswitch: Pick<Killswitch, "add" | "release" | "current">;
  readonly actor: Actor;
  readonly newId: NewId;
  readonly clock: Clock;
  readonly environment: Environment;
}

/**
 * Asks the installed hook as Claude Code does, about a session that exists for this test alone: with no hold, under a
 * hold that denies just that session, after its release, and with the flags gone. Real agents notice nothing.
 */
export async function testClaudeCodeGate(options: SelfTestOptions): Promise<GateCheck[]> {
  const { killswitch, actor, clock } = options;
  const session = `self-test-${options.newId("stop")}`;
  const ask = (command: string) => askHook(command, session, options);
  const stoppedBefore = killswitch.current().holds.some((hold) => hold.scope !== "session" && hold.scope !== "tool");
  const checks: GateCheck[] = [];
  const expectAnswer = async (what: string, command: string, denied: (answer: HookAnswer) => boolean) => {
    const startedMs = clock.monotonicMs();
    const answer = await ask(command);
    checks.push({ what, passed: denied(answer), found: describe(answer), elapsedMs: clock.monotonicMs() - startedMs });
  };
  const isOpen = ({ code }: HookAnswer) => code === 0 || (stoppedBefore && code === 2);
  await expectAnswer("lets a call through while nothing stops it", options.command, isOpen);
  const reason = "self-test of the gate for Claude Code";
  const hold = await killswitch.add({
    scope: "session",
    target: session,
    level: "deny",
    reason,
    actor,
    incidentId: null,
  });
  try {
    const isDenied = ({ code, reason: text }: HookAnswer) => code === 2 && (stoppedBefore || text.includes(hold.id));
    await expectAnswer("denies a stopped call and names the hold", options.command, isDenied);
  } finally {
    await killswitch.release(hold.id, { actor, reason });
  }
  await expectAnswer("lets it through again after the release", options.command, isOpen);
  await withBrokenShim((command) =>
    expectAnswer(
      "denies when it cannot know",
      command,
      ({ code, reason: text }) => code === 2 && text.includes("doctor"),
    ),
  );
  return checks;
}

interface HookAnswer {
  /** null: it did not end by itself in time */
  readonly code: number | null;
  readonly reason: string;
}

function describe({ code, reason }: HookAnswer): string {
  if (code === 0) return "let through";
  if (code === 2) return `denied: ${reason.trim()}`;
  return code === null ? "no answer in time" : `ended with ${code}: ${reason.trim()}`;
}

/** Through a shell and with the documented JSON, as Claude Code runs a command hook. */
function askHook(command: string, session: string, { environment }: SelfTestOptions): Promise<HookAnswer> {
  const call = {
    session_id: session,
    transcript_path: "/dev/null",
    cwd: "/",
    permission_mode: "default",
    hook_event_name: "PreToolUse",
    tool_name: "Bash",
    tool_input: { command: "true" },
    tool_use_id: "toolu_self_test",
  };
  return new Promise((resolve) => {
    const env = { PATH: environment["PATH"] };
    const child = spawn("/bin/sh", ["-c", command], { env, stdio: ["pipe", "ignore", "pipe"], timeout: ANSWER_MS });
    let reason = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      reason = (reason + text).slice(0, STDERR_MAX);
    });
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify(call));
    child.on("error", (fault) => resolve({ code: null, reason: fault.message }));
    child.on("close", (code) => resolve({ code, reason }));
  });
}

async function withBrokenShim(use: (command: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), "firebreak-gate-"));
  try {
    const shim = path.join(dir, "check.sh");
    const facts = {
      flagsDir: path.join(dir, "gone"),
      breakGlassFile: path.join(dir, "none"),
      agent: "test",
      pack: null,
    };
    writeFileAtomic(shim, claudeCodeShim(facts));
    await use(`/bin/sh ${quote(shim)}`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
