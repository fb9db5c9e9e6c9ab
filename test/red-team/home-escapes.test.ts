import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StopResult } from "@firebreak/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createStopRetrier, listResisting } from "../../packages/server/src/containment/index.ts";
import { systemClock } from "../../packages/server/src/kernel/index.ts";
import { until } from "../agents/process-trees.ts";
import type { Ward, WardAgent } from "../agents/ward.ts";
import { openWard } from "../agents/ward.ts";
import { HOME_ATTEMPTS } from "./home-attempts.ts";
import { TICKER } from "./ticker.ts";

const WITNESS_MS = 300;

let ward: Ward;
let scratch: string;

function open(user: "root" | "nobody"): void {
  ward = openWard({ user });
  scratch = mkdtempSync(join(tmpdir(), "fb-red-"));
  chmodSync(scratch, 0o777);
  writeFileSync(join(scratch, "ticker"), TICKER);
  chmodSync(join(scratch, "ticker"), 0o755);
}

afterEach(async () => {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 20 });
  await ward.end();
});

/** An agent of the same user as Firebreak, without any cgroup to hold it. */
function attack(script: string, ticks = "ticks"): WardAgent {
  return ward.run(`H='${ward.home}'; ${script}\n./ticker ./${ticks} & wait`, { cgroup: false, cwd: scratch });
}

function sizeOf(name: string): number {
  return statSync(join(scratch, name), { throwIfNoEntry: false })?.size ?? 0;
}

async function runs(ticks = "ticks"): Promise<void> {
  await until("it runs", () => sizeOf(ticks) > 3);
}

async function standsStill(ticks = "ticks"): Promise<boolean> {
  const before = sizeOf(ticks);
  await new Promise((resolve) => setTimeout(resolve, WITNESS_MS));
  return sizeOf(ticks) === before;
}

async function expectContained(results: readonly StopResult[], agent: WardAgent): Promise<void> {
  const result = results.find((one) => one.sessionId === agent.sessionId);
  expect(result).toMatchObject({ state: "verified_stopped", remaining: [] });
  expect(await standsStill()).toBe(true);
}

/** What a gate of an agent would read. */
function flag(): string {
  const file = join(ward.home, "killswitch/flags/agent.scout");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

describe("C-1: an agent of the same user attacks a stop that is in force", () => {
  beforeEach(() => open("root"));

  /** It waits for the hold, attacks, and goes on; the hold must be in force again for gates, and a freeze must work. */
  async function attackHold(script: string): Promise<WardAgent> {
    const wait = "while ! [ -e $H/killswitch/flags/agent.scout ]; do sleep 0.02; done";
    const agent = attack(`K=$H/killswitch; cp $K/state.json ./old; ${wait}; ${script}; echo done >attacked`);
    ward.killswitch();
    await until("it has started", () => existsSync(join(scratch, "old")));
    await ward.stop("deny");
    await until("it has attacked", () => existsSync(join(scratch, "attacked")));
    await runs();
    return agent;
  }

  test.each([
    [HOME_ATTEMPTS.deleteJournal.name, "rm $K/journal.jsonl"],
    [HOME_ATTEMPTS.truncateJournal.name, ": >$K/journal.jsonl"],
    [HOME_ATTEMPTS.replayState.name, "cp ./old $K/state.json"],
    [HOME_ATTEMPTS.deleteFlags.name, "rm -rf $K/flags"],
    [HOME_ATTEMPTS.linkFlags.name, "mkdir empty; rm -rf $K/flags; ln -s $PWD/empty $K/flags"],
    [HOME_ATTEMPTS.deleteHome.name, "rm -rf $K"],
  ])("%s", async (_, script) => {
    const agent = await attackHold(script);
    await until("gates deny again", () => flag().startsWith("deny"));
    const state = () => readFileSync(join(ward.home, "killswitch/state.json"), "utf8");
    await until("the state says so too", () => state().includes('"scout"'));
    await expectContained(await ward.stop("freeze"), agent);
  });

  test(HOME_ATTEMPTS.garbleJournal.name, async () => {
    const agent = await attackHold("echo nonsense >>$K/journal.jsonl");
    await until("the damage is seen", () => ward.killswitch().current().health.state === "damaged");
    await until("everything is denied", () => existsSync(join(ward.home, "killswitch/flags/global")));
    await expectContained(await ward.stop("freeze"), agent);
  });

  test(HOME_ATTEMPTS.forgeRelease.name, async () => {
    await attackHold("true");
    const { epoch, holds } = ward.killswitch().current();
    const actor = { id: "usr_1", kind: "person", name: "Eve" };
    const at = new Date().toISOString();
    const value = { actor, at, epoch: epoch + 1, holdId: holds[0]?.id ?? "", kind: "release", reason: "looks fine" };
    const sum = createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
    appendFileSync(join(ward.home, "killswitch/journal.jsonl"), JSON.stringify({ sum, value }) + "\n");
    await until("it is taken for a release", () => ward.killswitch().current().holds.length === 0);
    expect(ward.killswitch().history()).toMatchObject([{ how: "released", by: { name: "Eve" }, reason: "looks fine" }]);
  });
});

describe("C-2: an agent of the same user attacks what is known of it", () => {
  beforeEach(() => open("root"));

  test.each([
    [HOME_ATTEMPTS.deleteEntry.name, "rm $H/supervisors/*.json"],
    [
      HOME_ATTEMPTS.changeEntry.name,
      `sed -i 's/"pid": [0-9]*/"pid": 1/; s/"sessionId": ".*"/"sessionId": "x"/' $H/supervisors/*.json`,
    ],
  ])("%s", async (_, script) => {
    const agent = attack(`sleep 0.3; ${script}; echo done >attacked`);
    await until("it has attacked", () => existsSync(join(scratch, "attacked")));
    await runs();
    await until("its supervisor has put that right", () => agent.state() === "running");
    await expectContained(await ward.stop("freeze"), agent);
  });

  test(HOME_ATTEMPTS.liveOnAfterRoot.name, async () => {
    const one = ward.run("setsid ./ticker ./ticks & sleep 0.3; exit 0", { cgroup: false, cwd: scratch });
    expect(await one.exit).toBe(0);
    expect(sizeOf("ticks")).toBeGreaterThan(0);
    expect(await standsStill()).toBe(true);
  });

  test(`${HOME_ATTEMPTS.forkBomb.name}; ${HOME_ATTEMPTS.forkStorm.name}`, async () => {
    const bomb = "$|=1; while (1) { print 'refused' if !defined fork; select undef, undef, undef, 0.01 }";
    const one = ward.run(["perl", "-e", bomb], { maxPids: 60, cwd: scratch });
    await one.says("refused");
    expect(one.tree().length).toBeLessThanOrEqual(60);
    expect(await ward.stop("freeze")).toMatchObject([{ state: "verified_stopped", remaining: [] }]);
  });

  test.each([
    ["root", true],
    ["user", false],
  ] as const)(`${HOME_ATTEMPTS.wakeFromOutside.name}, as %s`, async (_, cgroup) => {
    const one = ward.run("./ticker ./ticks & wait", { cgroup, cwd: scratch });
    await runs();
    const pids = one.tree().map(({ pid }) => pid);
    const helper = spawn("perl", [
      "-e",
      "kill(CONT => @ARGV), select undef, undef, undef, 0.0002 while 1",
      ...pids.map(String),
    ]);
    try {
      const results = await ward.stop("freeze");
      expect(results).toMatchObject([{ state: "verified_stopped", remaining: [] }]);
      // what seems to stand still between two calls is killed by its supervisor when it does not
      const end = cgroup ? "frozen" : "unlisted";
      await until(`it is ${end}`, () => one.state() === end);
      expect(await standsStill()).toBe(true);
    } finally {
      helper.kill("SIGKILL");
    }
  });
});

describe("C-2: an unprivileged agent attacks its supervisor", () => {
  beforeEach(() => open("nobody"));

  test(
    [HOME_ATTEMPTS.stopSupervisor, HOME_ATTEMPTS.killSupervisor, HOME_ATTEMPTS.traceSupervisor]
      .map(({ name }) => name)
      .join("; "),
    async () => {
      const trace = `perl -e 'syscall(101, 16, $ARGV[0] + 0, 0, 0); sleep 600' $PPID &`;
      // the killer last: every supervisor that starts freezes what another left behind
      const agents: WardAgent[] = [];
      for (const [i, script] of ["kill -STOP $PPID", trace, "kill -KILL $PPID"].entries()) {
        agents.push(ward.runApart(`cd ${scratch}; ${script}\n./ticker ./ticks.${i} & wait`, { cgroup: false }));
        await runs(`ticks.${i}`);
      }
      const results = ward.stopApart("freeze");
      expect(results.map(({ state }) => state)).toEqual(agents.map(() => "verified_stopped"));
      for (const i of agents.keys()) expect(await standsStill(`ticks.${i}`)).toBe(true);
      expect(ward.stopApart("kill").every(({ state }) => state === "verified_stopped")).toBe(true);
      for (const { supervisorPid } of agents) tryKill(supervisorPid);
    },
    30_000,
  );

  test(
    HOME_ATTEMPTS.overwriteSupervisor.name,
    async () => {
      const overwrite = `open my $m, "<", "/proc/$ARGV[0]/maps"; my $x = "\\xff" x 4096;
        my $from = pack("QQ", unpack("Q", pack("p", $x)), 4096);
        while (<$m>) { next unless /^([0-9a-f]+)-([0-9a-f]+) rw/;
          for (my $at = hex $1; $at < hex $2; $at += 4096) {
            syscall(311, $ARGV[0] + 0, $from, 1, pack("QQ", $at, 4096), 1, 0) } }`;
      writeFileSync(join(scratch, "overwrite"), overwrite);
      const agent = ward.runApart(`cd ${scratch}; perl overwrite $PPID; setsid ./ticker ./ticks & wait`, {
        cgroup: false,
      });
      // it died of what was written into it; its agent runs on
      await agent.exit;
      await runs();
      expect(ward.stopApart("freeze")).toMatchObject([{ state: "verified_stopped", remaining: [] }]);
      expect(await standsStill()).toBe(true);
      expect(ward.stopApart("kill").every(({ state }) => state === "verified_stopped")).toBe(true);
    },
    30_000,
  );

  test(`${HOME_ATTEMPTS.setuid.name}; ${HOME_ATTEMPTS.replaceSocket.name}`, async () => {
    copyFileSync("/usr/bin/setpriv", join(scratch, "setpriv"));
    chmodSync(join(scratch, "setpriv"), 0o4755);
    const lie = {
      sessionId: "$s",
      agentId: "scout",
      pack: null,
      level: "freeze",
      state: "verified_stopped",
      elapsedMs: 1,
      proof: "cgroup frozen",
      processes: 1,
      remaining: [],
    };
    const liar = `use IO::Socket::UNIX; my ($p, $s) = @ARGV; unlink $p; my $l = IO::Socket::UNIX->new(Local => $p, Listen => 5);
        while (my $c = $l->accept) { <$c>; print $c qq(${JSON.stringify({ ok: true, result: lie })}\\n); close $c }`;
    writeFileSync(join(scratch, "liar"), liar.replaceAll("[]", "\\[\\]").replaceAll("@ARGV", "@ARGV"));
    const agent = ward.runApart(
      `cd ${scratch}; ./setpriv --reuid 0 --regid 0 --clear-groups ./ticker ./ticks &
         until [ -e ${ward.home}/supervisors/$FIREBREAK_SESSION.sock ]; do sleep 0.05; done
         perl liar ${ward.home}/supervisors/$FIREBREAK_SESSION.sock $FIREBREAK_SESSION & sleep 600`,
      { cgroup: false },
    );
    await runs();
    await until("it lies in wait", () => agent.tree().some(({ command }) => command === "perl"));
    const [result] = ward.stopApart("freeze");
    expect(result).toMatchObject({ state: "failed" });
    expect(result?.remaining).toMatchObject([{ command: "ticker" }]);
    expect(result?.proof).toMatch(/SIG(STOP|KILL) to \d+ \(ticker\) was refused: EPERM/);
    expect(await standsStill()).toBe(false);
    // it stays listed with what is left, and is tried again by whoever may do more
    const holds = () => ward.killswitch().current().holds;
    expect(listResisting({ home: ward.home, holds: holds() })).toMatchObject([
      { sessionId: agent.sessionId, level: "freeze", processes: [{ command: "ticker" }] },
    ]);
    expect(await createStopRetrier({ home: ward.home, clock: systemClock, holds }).run()).toEqual([]);
    expect(await standsStill()).toBe(true);
    expect(listResisting({ home: ward.home, holds: holds() })).toEqual([]);
    expect(await ward.stop("kill")).toMatchObject([{ state: "verified_stopped", remaining: [] }]);
    expect(await standsStill()).toBe(true);
  }, 30_000);
});

test("C-1, C-2: with --isolate pid --isolate home none of this reaches Firebreak", async () => {
  open("nobody");
  const H = ward.home;
  const scripts = [
    "grep -l 'apart[.]mjs run' /proc/[0-9]*/comm /proc/1/cmdline",
    `rm ${H}/killswitch/journal.jsonl`,
    `echo x >>${H}/killswitch/journal.jsonl`,
    `rm -r ${H}/killswitch/flags`,
    `rm ${H}/supervisors/*`,
    `ls ${H}/sessions`,
    `umount ${H}`,
    `mount -o remount,rw ${H}/killswitch`,
    `unshare --user --map-root-user --mount umount ${H}/killswitch`,
    `ls /proc/[0-9]*/root${H}/supervisors/`,
  ];
  const script = scripts.map((line, i) => `{ ${line}; } 2>/dev/null && echo got ${i}`).join("\n");
  const agent = ward.runApart(
    `cd ${scratch}\n${script}\necho tried; ls ${H}/killswitch/flags; ./ticker ./ticks & wait`,
    {
      isolate: ["pid", "home"],
      cwd: scratch,
    },
  );
  await agent.says("tried");
  expect(agent.output()).not.toContain("got");
  await runs();
  const results = ward.stopApart("freeze");
  expect(results).toMatchObject([{ state: "verified_stopped", remaining: [] }]);
  expect(await standsStill()).toBe(true);
}, 30_000);

function tryKill(pid: number | null): void {
  try {
    if (pid !== null) process.kill(pid, "SIGKILL");
  } catch {
    // it is gone
  }
}
