import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, constantFrom, property, string } from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeProbeContract, effectorContextFor, effectorOf } from "../testing.ts";
import { checkReading } from "./check-reading.ts";
import { READING_PROGRAMS } from "./reading-programs.ts";
import { refuseStatement } from "./refuse-statement.ts";

let dir: string;
let home: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fb-command-"));
  home = join(dir, "home");
  mkdirSync(join(home, "secrets"), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const read = (program: string, args: readonly string[], more = {}) =>
  effectorOf("command.read", {}).apply(effectorContextFor(home), { program, args, ...more });
const isTaken = (line: string) => {
  const [program = "", ...args] = line.split(" ");
  return checkReading({ program, args }).ok;
};

describeProbeContract("command.read", async () => ({
  settings: {},
  parameters: { program: "uname", args: ["-s"] },
  look: async () => null,
  close: async () => {},
}));

describe("command.read", () => {
  test.each([
    "tail -n 100 /var/log/syslog",
    "tail -100 /var/log/syslog",
    "grep -c error /var/log/app.log",
    "grep -E -e error -A 3 /var/log/app.log",
    "cat /var/log/app.log",
    "ls -lh /var/log",
    "ps aux",
    "ps -ef",
    "ps -o pid,comm -p 1",
    "df -h /",
    "du -sh /var/log",
    "ss -tuln",
    "ss -tn state established",
    "stat -c %s /etc/hostname",
    "sha256sum /etc/hostname",
    "find /var/log -type f -name *.log -mtime +7",
    "journalctl -u nginx -n 50 --no-pager",
    "systemctl status nginx",
    "systemctl is-active nginx.service",
    "sudo -n systemctl status nginx",
    "docker ps -a",
    "docker logs --tail 50 web",
    "docker inspect -f {{.State.Status}} web",
    "docker stats --no-stream",
    "git log --oneline -n 5",
    "git diff HEAD~1 -- src/app.ts",
    "git status --short",
    "kubectl get pods -n prod -o wide",
    "kubectl logs web-1 --tail=50",
    "crontab -l",
    "redis-cli -p 6380 info memory",
    "jq .level /var/log/app.json",
    "iptables -L -n -v",
    "nft list ruleset",
    "top -b -n 1",
  ])("C-3: takes %s", (line) => {
    expect(isTaken(line)).toBe(true);
  });

  test.each([
    "sh -c id",
    "bash -c id",
    "env sh",
    "/tmp/evil/cat /etc/hostname",
    "tail -f /var/log/syslog",
    "tail --follow=name /var/log/syslog",
    "cat /var/log/*",
    "find / -exec rm {} +",
    "find / -delete",
    "find / -fprint /tmp/x",
    "grep -f /etc/shadow x",
    "ps auxe",
    "ps -o environ -p 1",
    "ss -K dst 10.0.0.1",
    "date -s 2020-01-01",
    "journalctl --vacuum-size=1M",
    "journalctl -f",
    "journalctl --file=/etc/shadow",
    "systemctl restart nginx",
    "systemctl -H evil status nginx",
    "docker run alpine",
    "docker exec web id",
    "docker logs -f web",
    "docker stats",
    "docker -H tcp://evil ps",
    "git -c core.fsmonitor=evil status",
    "git -C /tmp status",
    "git --exec-path=/tmp status",
    "git diff --output=/etc/passwd",
    "git diff --ext-diff",
    "git diff /etc/shadow /dev/null",
    "git diff ../../etc/shadow x",
    "git checkout main",
    "git branch -D main",
    "git remote add x y",
    "kubectl get secrets",
    "kubectl get secret/db -o yaml",
    "kubectl get pods,secrets",
    "kubectl get pods --kubeconfig=/tmp/x",
    "kubectl delete pod web",
    "kubectl exec web -- id",
    "crontab -e",
    "crontab -r",
    "crontab /tmp/x",
    "redis-cli flushall",
    "redis-cli -a secret info",
    "redis-cli -h @socket info",
    "redis-cli -h localhost -h evil.example.org info",
    "redis-cli -h /run/redis.sock info",
    "pg_isready -d postgresql://evil.example.org/x",
    "pg_isready -d host=evil.example.org",
    "psql -h localhost,evil.example.org -c x",
    "redis-cli --eval /tmp/x",
    "redis-cli config set dir /etc",
    "tar -xf /tmp/x --to-command=sh",
    "sudo systemctl status nginx",
    "sudo -n sh -c id",
    "sudo -n sudo -n id",
    "sudo -n cat /etc/hostname",
    "sudo -n git status",
    "sudo -n psql -c x",
    "iptables -F",
    "iptables -L -n -Z",
    "nft flush ruleset",
    "nft -f /tmp/x",
    "ip link set eth0 down",
    "ip netns exec x sh",
    "top",
    "awk BEGIN{system(1)} /etc/hostname",
    "xargs id",
    "vmstat 1000000",
  ])("C-3: does not take %s", (line) => {
    expect(isTaken(line)).toBe(false);
  });

  test.each([
    "select 1",
    "SELECT count(*) FROM agent_audit_logs;",
    "select state, count(*) from pg_stat_activity group by state",
    "select pg_size_pretty(pg_database_size(current_database()))",
    "show max_connections",
    "select * from t where note = 'drop table x; delete'",
    "explain select * from t",
  ])("C-3: sends psql %s", (sql) => {
    expect(refuseStatement(sql)).toBeNull();
    expect(checkReading({ program: "psql", args: ["-h", "localhost", "-d", "app", "-c", sql] }).ok).toBe(true);
  });

  test.each([
    "\\! id",
    "select 1 \\g |id",
    "select 1; drop table x",
    "delete from t",
    "with gone as (delete from t returning *) select * from gone",
    "select * into y from t",
    "select pg_terminate_backend(1)",
    "select pg_catalog.pg_read_file('/etc/passwd')",
    "select \"pg_read_file\"('/etc/passwd')",
    "select pg_read_file/**/('/etc/passwd')",
    "select lo_export(1, '/tmp/x')",
    "select $$x$$",
    "copy t to program 'id'",
    "explain analyze delete from t",
    "explain (analyze) select 1",
    "select 1 -- ",
    "select U&\"pg_read_file\"('x')",
    "select passwd from pg_shadow",
    "table pg_authid",
    "set transaction_read_only = off",
    "do 'begin end'",
  ])("C-3: does not send psql %s", (sql) => {
    expect(refuseStatement(sql)).not.toBeNull();
  });

  test("C-3: what is refused names the argument, for whoever wrote the file", () => {
    const { parameters } = effectorOf("command.read", {});
    const issuesOf = (given: unknown) => parameters.safeParse(given).error?.issues ?? [];
    expect(issuesOf({ program: "tail", args: ["-n", "5", "-f", "/x"] })).toMatchObject([{ path: ["args", 2] }]);
    expect(issuesOf({ program: "rm", args: ["x"] })).toMatchObject([
      { path: ["program"], message: expect.stringContaining("command.run") },
    ]);
    expect(issuesOf({ program: "sudo", args: ["-n", "docker", "rm", "x"] })).toMatchObject([{ path: ["args", 2] }]);
  });

  test("C-3: tells exit code and what was printed, without secrets, and not the whole of it", async () => {
    const secret = `ghp_${"a1B2c3D4e5F6".repeat(3)}`;
    writeFileSync(join(dir, "app.log"), `token ${secret}\n${"fine\n".repeat(40_000)}`);
    const shown = await read("cat", [join(dir, "app.log")]);
    expect(shown).toMatchObject({ ok: true, output: { exitCode: 0, output: expect.stringMatching(/\[cut\]$/) } });
    expect(JSON.stringify(shown)).not.toContain(secret.slice(0, 20));
    expect(JSON.stringify(shown).length).toBeLessThan(80_000);
    expect(await read("grep", ["absent", join(dir, "app.log")])).toMatchObject({ ok: true, output: { exitCode: 1 } });
    expect(await read("cat", ["missing"], { folder: dir })).toMatchObject({
      ok: true,
      output: { exitCode: 1, output: expect.stringContaining("missing") },
    });
  });

  test("C-3: gives programs nothing of Firebreak's environment", async () => {
    process.env["FIREBREAK_TEST_VALUE"] = "needle-in-the-environment";
    try {
      const { output } = await read("jq", ["-c", "[env]", "facts.json"], { folder: dir });
      expect(JSON.stringify(output)).not.toContain("needle-in-the-environment");
    } finally {
      delete process.env["FIREBREAK_TEST_VALUE"];
    }
  });

  test("C-3: shows no file that holds secrets, by whatever name it is given", async () => {
    writeFileSync(join(home, "secrets/key"), "needle");
    symlinkSync(join(home, "secrets/key"), join(dir, "link.log"));
    mkdirSync(join(dir, ".ssh"));
    writeFileSync(join(dir, ".ssh/config"), "needle");
    for (const [program, args] of [
      ["cat", [join(home, "secrets/key")]],
      ["cat", [join(dir, "link.log")]],
      ["cat", ["../secrets/key"]],
      ["cat", ["/proc/self/environ"]],
      ["grep", ["-r", "needle", dir]],
      ["grep", ["-r", "needle", "/"]],
      ["grep", ["-r", "root", "/etc"]],
      ["head", [join(dir, ".ssh/config")]],
    ] as const)
      expect(await read(program, args, { folder: join(home, "secrets") }), args.join(" ")).toMatchObject({
        ok: false,
        reason: "denied",
      });
    const logs = join(dir, "logs");
    mkdirSync(join(logs, ".ssh"), { recursive: true });
    for (const name of ["plain.log", ".env", ".ssh/config"]) writeFileSync(join(logs, name), "needle");
    expect(await read("grep", ["-rl", "needle", logs])).toMatchObject({ output: { output: `${logs}/plain.log\n` } });
  });

  test("C-3: runs nothing that a repository's own settings name", async () => {
    const git = (...args: string[]) =>
      execFileSync("/usr/bin/git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: dir, stdio: "pipe" });
    const trap = join(dir, "trap.sh");
    writeFileSync(trap, `#!/bin/sh\ntouch ${join(dir, "sprung")}\n`, { mode: 0o755 });
    git("init", "-q");
    writeFileSync(join(dir, "file.txt"), "one\n");
    writeFileSync(join(dir, ".gitattributes"), "*.txt filter=trap diff=trap\n");
    git("add", "file.txt", ".gitattributes");
    git("commit", "-q", "-m", "first");
    for (const [name, value] of [
      ["core.fsmonitor", trap],
      ["core.pager", trap],
      ["diff.external", trap],
      ["diff.trap.command", trap],
      ["diff.trap.textconv", trap],
      ["alias.status", `!${trap}`],
    ] as const)
      git("config", name, value);
    writeFileSync(join(dir, "file.txt"), "two\n");
    rmSync(join(dir, "sprung"), { force: true });
    for (const args of [["status"], ["diff"], ["log", "-p"], ["show", "HEAD"]])
      expect(await read("git", args, { folder: dir }), args.join(" ")).toMatchObject({ ok: true });
    expect(readdirSync(dir)).not.toContain("sprung");
    git("config", "filter.trap.clean", trap);
    expect(await read("git", ["status"], { folder: dir })).toMatchObject({ ok: false, reason: "denied" });
    expect(await read("git", ["diff", "a", "b"], { folder: "/" })).toMatchObject({ ok: false, reason: "denied" });
    expect(readdirSync(dir)).not.toContain("sprung");
  });

  test("C-3: what does not end is ended", async () => {
    const outcome = await read("vmstat", ["9"], { timeoutMs: 200 });
    expect(["timed_out", "not_found"]).toContain(outcome.ok ? "ended" : outcome.reason);
  });

  test("C-3: takes no argument that is not on its list, whatever it looks like", () => {
    const programs = Object.keys(READING_PROGRAMS);
    const words = constantFrom("-c", "-e", "-f", "--exec=x", "-o", "x", "/etc/x", "--", "-", "-h", "../x", "sh");
    assert(
      property(
        constantFrom(...programs),
        array(words.map(String), { maxLength: 4 }),
        string(),
        (program, args, text) => {
          const unknown = `--${text.replaceAll(/[^a-z]/g, "")}zz`;
          return !checkReading({ program, args: [unknown, ...args] }).ok;
        },
      ),
      { numRuns: 300 },
    );
    expect(readFileSync(join(import.meta.dirname, "reading-programs.ts"), "utf8")).not.toContain("exec:");
  });
});
