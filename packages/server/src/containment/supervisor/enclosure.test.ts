import { createServer } from "node:http";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "../../../../../test/agents/process-trees.ts";
import type { UserSystemd } from "../../../../../test/agents/user-systemd.ts";
import { startUserSystemd } from "../../../../../test/agents/user-systemd.ts";
import type { Ward, WardAgent } from "../../../../../test/agents/ward.ts";
import { living, openWard } from "../../../../../test/agents/ward.ts";
import { systemClock } from "../../kernel/index.ts";
import { enforceHold, parseAbort, readProcess, sessionPaths } from "../index.ts";

const ADA = { kind: "person", id: "usr_1", name: "Ada" } as const;
let ward: Ward;

function finalOf({ sessionId }: WardAgent) {
  return JSON.parse(readFileSync(sessionPaths(ward.home, sessionId).final, "utf8"));
}

/** Fails until it was started `times` times. */
function failing(times: number): string {
  return `echo start; echo x >>starts; [ "$(wc -l <starts)" -ge ${times} ]`;
}

function countStarts(): number {
  const file = join(ward.home, "starts");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
}

/** Leaves its session, its parent and its environment at once: only the kernel still knows whose it is. */
const FUGITIVE =
  "( (env -i PATH=/usr/bin:/bin setsid sh -c 'cd /; sleep 7654 & sleep 7655' </dev/null >/dev/null 2>&1 &) & )";

const BOMB = [
  "perl",
  "-e",
  "$|=1; for (1..400) { my $p = fork; if (!defined $p) { print 'refused'; last } if (!$p) { sleep 600; exit } } sleep 600",
];

describe("as root", () => {
  beforeEach(() => {
    ward = openWard({ user: "root" });
  });
  afterEach(() => ward.end());

  const quick = { firstDelayMs: 20, maxDelayMs: 40, windowMs: 60_000 };

  test("O-7: an agent that fails is started again, and each start is kept with its exit code", async () => {
    const one = ward.run(failing(3), { restart: { ...quick, when: "on-failure" } });
    expect(await one.exit).toBe(0);
    expect(countStarts()).toBe(3);
    const { starts } = finalOf(one);
    expect(starts).toMatchObject([
      { exitCode: 1, outcome: "started again" },
      { exitCode: 1, outcome: "started again" },
      { exitCode: 0, outcome: "ended" },
    ]);
  });

  test("O-7: one that never stays up is given up, aloud, with its own exit code", async () => {
    const one = ward.run("exit 9", { restart: { ...quick, when: "always" } });
    expect(await one.exit).toBe(9);
    expect(one.errors()).toContain("scout ended with code 9 and is given up: it was started 5 times within 60 s");
    const spool = readFileSync(sessionPaths(ward.home, one.sessionId).spool, "utf8");
    expect(spool).toContain('"gave_up"');
    expect(finalOf(one).starts).toHaveLength(5);
  });

  test("C-1: what a stop killed is not started again", async () => {
    const one = ward.run("echo x >>starts; echo up; sleep 600", { restart: { ...quick, when: "always" } });
    await one.says("up");
    expect(await ward.stop("kill")).toMatchObject([{ state: "verified_stopped" }]);
    expect(await one.exit).toBe(75);
    expect(countStarts()).toBe(1);
    expect(one.errors()).toContain("is not started again: a stop covers it");
  });

  test("C-2: a receipt names the session that its supervisor ended before the stop could look for it", async () => {
    const one = ward.run("echo up; sleep 600");
    await one.says("up");
    const actor = { kind: "person", id: "usr_1", name: "Ada" } as const;
    const kill = { scope: "agent", target: "scout", level: "kill", reason: "test", actor, incidentId: null } as const;
    const hold = await ward.killswitch().add(kill);
    expect(await one.exit).toBe(137);
    expect(await enforceHold({ home: ward.home, clock: systemClock, hold })).toMatchObject([
      { sessionId: one.sessionId, state: "verified_stopped", proof: "no process left: its supervisor ended it" },
    ]);
    const later = { ...hold, at: new Date(Date.parse(hold.at) + 60_000).toISOString() };
    expect(await enforceHold({ home: ward.home, clock: systemClock, hold: later })).toEqual([]);
  });

  test("C-1: a stop that comes while it waits for its next start forbids the start", async () => {
    const one = ward.run(failing(9), { restart: { when: "on-failure", firstDelayMs: 60_000 } });
    await until("it waits", () => one.errors().includes("is started again in 60.0 s"));
    await ward.stop("deny");
    expect(await one.exit).toBe(75);
    expect(countStarts()).toBe(1);
  });

  test("O-7: an agent that was asked to end is not started again", async () => {
    const one = ward.run("echo up; sleep 600", { restart: { ...quick, when: "always" } });
    await one.says("up");
    one.signals.emit("SIGTERM");
    expect(await one.exit).toBe(143);
    expect(one.errors()).toContain("it was asked to end");
  });

  test("C-1: an agent is told once, by a signal, to abort when a deny covers it", async () => {
    const trap = "trap 'echo aborted' INT; echo up; while :; do sleep 0.02; done";
    const one = ward.run(trap, { abort: { signal: "SIGINT" } });
    await one.says("up");
    expect(await ward.stop("deny")).toMatchObject([{ state: "acknowledged" }]);
    await one.says("aborted");
    await ward.killswitch().add({ scope: "pack", target: "x", level: "deny", reason: "another", actor: ADA });
    expect(one.output().match(/aborted/g)).toHaveLength(1);
    expect(one.errors()).toContain("scout is told to abort (SIGINT): sent");
    expect(one.state()).toBe("running");
  });

  test("C-1: an agent is told by HTTP to abort; that it does not answer delays nothing", async () => {
    const bodies: string[] = [];
    const server = createServer((request) => {
      request.on("data", (piece: Buffer) => bodies.push(piece.toString()));
    }).listen(0, "127.0.0.1");
    await until("it listens", () => server.listening);
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const one = ward.run("echo up; sleep 600", { abort: { url: `http://127.0.0.1:${port}/abort` } });
    await one.says("up");
    await ward.stop("deny");
    await until("it is asked", () => bodies.length > 0);
    expect(JSON.parse(bodies.join(""))).toMatchObject({
      abort: true,
      sessionId: one.sessionId,
      holds: [{ reason: "test" }],
    });
    expect(await ward.stop("freeze")).toMatchObject([{ state: "verified_stopped" }]);
    server.close();
    server.closeAllConnections();
  });

  test("an abort goes to a signal or to this machine, and nowhere else", () => {
    expect(parseAbort("INT")).toEqual({ signal: "SIGINT" });
    expect(parseAbort("http://localhost:8080/abort")).toEqual({ url: "http://localhost:8080/abort" });
    for (const text of ["KILL", "http://example.com/", "https://127.0.0.1/", "file:///etc/passwd", ""]) {
      expect(parseAbort(text), text).toBeNull();
    }
  });

  test("C-2: a fork bomb stays within --max-pids, and is killed", async () => {
    const one = ward.run(BOMB, { maxPids: 40 });
    await one.says("refused");
    expect(one.tree()).toHaveLength(40);
    expect(await ward.stop("kill")).toMatchObject([{ state: "verified_stopped", remaining: [] }]);
  });

  test("C-2: what takes more than --max-memory is ended by the kernel, and nothing beside it", async () => {
    const one = ward.run(["perl", "-e", "$x = 'x' x (512 << 20); print 'had it all'"], { maxMemoryBytes: 64 << 20 });
    expect(await one.exit).toBe(137);
    expect(one.output()).toBe("");
  });

  test("C-2: in a process table of its own not even a process without mark, parent and cgroup gets away", async () => {
    const one = ward.run(`${FUGITIVE}; sleep 0.2; echo I am $$; sleep 600`, { cgroup: false, isolate: ["pid"] });
    await one.says("I am");
    expect(Number(/I am (\d+)/.exec(one.output())?.[1])).toBeLessThan(10);
    await until("all are known", () => one.tree().filter(({ command }) => command === "sleep").length === 3);
    const tree = one.tree();
    expect(await ward.stop("freeze")).toMatchObject([{ state: "verified_stopped" }]);
    expect(await ward.stop("kill")).toMatchObject([{ state: "verified_stopped", remaining: [] }]);
    expect(living(tree)).toEqual([]);
    expect(await one.exit).toBe(137);
  });

  test("O-7: the exit code passes through a process table of its own", async () => {
    expect(await ward.run("exit 7", { isolate: ["pid"] }).exit).toBe(7);
    expect(await ward.run("kill -TERM $$", { isolate: ["pid", "net"] }).exit).toBe(143);
  });

  test("C-2: an agent that is cut off from the network reaches nothing, not even this machine", async () => {
    const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await until("it listens", () => server.listening);
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const connect = `use IO::Socket::INET; print IO::Socket::INET->new(PeerAddr => "127.0.0.1:${port}", Timeout => 2) ? "in" : "out: $!"`;
    const free = ward.run(["perl", "-e", connect]);
    expect([await free.exit, free.output()]).toEqual([0, "in"]);
    const cut = ward.run(["perl", "-e", connect], { isolate: ["net"] });
    expect([await cut.exit, cut.output()]).toEqual([0, "out: Network is unreachable"]);
    server.close();
    server.closeAllConnections();
  });

  test("C-2: one that leaves its cgroup, its environment, its session and its parent is known by its tag", async () => {
    const leave = `for d in $(grep -o '/sys/fs/cgroup[^ ]*' /proc/self/mounts); do echo $$ >$d/cgroup.procs; done 2>/dev/null`;
    writeFileSync(join(ward.home, "leave"), `${leave}\n${FUGITIVE}\n`);
    const one = ward.run("sh leave; sleep 0.4; echo gone; sleep 600");
    await one.says("gone");
    const fugitives = one.tree().filter(({ pid }) => readProcess(pid)?.ppid === 1);
    expect(fugitives.map(({ command }) => command)).toContain("sh");
    expect(await ward.stop("kill")).toMatchObject([{ state: "verified_stopped", remaining: [] }]);
    expect(living(fugitives)).toEqual([]);
  });
});

describe("as an unprivileged user", () => {
  beforeEach(() => {
    ward = openWard({ user: "nobody" });
  });
  afterEach(() => ward.end());

  test("C-2: a process table of its own works without root, cgroup or systemd", async () => {
    const one = ward.runApart(`${FUGITIVE}; sleep 0.2; echo up as $(id -u); sleep 600`, { isolate: ["pid"] });
    await one.says("up as 65534");
    const tree = one.tree();
    expect(ward.stopApart("freeze")).toMatchObject([{ state: "verified_stopped", proof: "process states" }]);
    expect(ward.stopApart("kill")).toMatchObject([{ state: "verified_stopped", remaining: [] }]);
    expect(living(tree)).toEqual([]);
  });

  test("C-2: without any group the limits hold for each process and the user, and that is said", async () => {
    const one = ward.runApart(BOMB, { isolate: ["pid"], maxPids: 40, maxMemoryBytes: 1 << 30 });
    await one.says("refused");
    expect(one.tree().length).toBeLessThanOrEqual(45);
    expect(one.errors()).toContain("the memory limit holds for each process by itself");
    expect(ward.stopApart("kill")).toMatchObject([{ state: "verified_stopped" }]);
  });

  test("C-2: what cannot be had refuses the start", async () => {
    mkdirSync(join(ward.home, "empty"));
    const one = ward.runApart(["/bin/true"], { isolate: ["pid"] }, { PATH: join(ward.home, "empty") });
    expect(await one.exit).not.toBe(0);
    expect(one.errors()).toContain("The agent cannot be isolated (pid) here");
  });

  describe("with a systemd of its own", () => {
    let systemd: UserSystemd;
    beforeEach(async () => {
      systemd = await startUserSystemd();
    });
    afterEach(() => systemd.end());

    test("C-2: systemd makes a scope for the agent, by which it is frozen and killed whole", async () => {
      const one = ward.runApart(
        `${FUGITIVE}; sleep 0.2; echo up; sleep 600`,
        {},
        { XDG_RUNTIME_DIR: systemd.runtimeDir },
        systemd.enter,
      );
      await one.says("up");
      await until("its group is known", () => one.group() !== null);
      expect(one.group()).toMatch(new RegExp(`/firebreak-${one.sessionId}\\.scope$`));
      expect(ward.stopApart("freeze")).toMatchObject([{ state: "verified_stopped", proof: "cgroup frozen" }]);
      expect(ward.stopApart("kill")).toMatchObject([{ state: "verified_stopped", remaining: [] }]);
      expect(await one.exit).toBe(137);
    });
  });
});
