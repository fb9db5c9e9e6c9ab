import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { MARKER, clearLeftovers, findMarked } from "./clear.ts";
import { findEscape } from "./confine-effector.ts";
import { nameProcess, openLedger } from "./ledger.ts";
import { writeProfile } from "./profile.ts";
import { parse } from "yaml";
import { readFileSync } from "node:fs";

const dir = mkdtempSync(path.join(os.tmpdir(), "firebreak-sandbox-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("L-4: what may act in a sandbox", () => {
  const folder = path.join(dir, "confined");
  mkdirSync(folder);
  symlinkSync("/etc", path.join(folder, "link"));
  const inFolder = { folder, isolation: "folder" as const };
  const inNamespaces = { folder, isolation: "namespaces" as const };

  test.each([
    ["agent.kill", {}],
    ["evidence.collect", { agentId: "x" }],
    ["check.tcp", { host: "127.0.0.1", port: 1 }],
    ["disk.clean", { folder: path.join(folder, "logs"), olderThanDays: 1 }],
    ["redis.set_memory", { socket: path.join(folder, "redis.sock") }],
  ])("%s on what is the sandbox's acts", (name, parameters) => {
    expect(findEscape(name, parameters, inFolder)).toBeNull();
  });

  test.each([
    ["disk.clean", { folder: "/var/log", olderThanDays: 1 }],
    ["disk.clean", { folder: path.join(folder, "link"), olderThanDays: 1 }],
    ["disk.clean", { folder: path.join(folder, "link/not-there"), olderThanDays: 1 }],
    ["disk.clean", { folder: `${folder}-beside`, olderThanDays: 1 }],
    ["backup.restore", { from: path.join(folder, "b"), to: { host: "127.0.0.1", database: "/var/lib/x" } }],
    ["redis.set_memory", { maxBytes: 1 }],
    ["process.end", { pid: process.pid }],
    ["process.end", { pid: 1 }],
    ["command.run", { program: "/bin/true", args: [] }],
    ["credential.rotate", { name: "token" }],
    ["firewall.block", { address: "192.0.2.1" }],
    ["host.isolate", {}],
    ["credential.rotate", { name: "gateway" }],
  ])("%s on what is not the sandbox's does not, without namespaces", (name, parameters) => {
    expect(findEscape(name, parameters, inFolder)).toEqual(expect.any(String));
  });

  test.each(["systemd.stop", "docker.kill", "launchd.stop", "hook.pager", "something.new"])(
    "%s reaches the daemons of the host, or is not known, and never acts",
    (name) => {
      expect(findEscape(name, {}, inFolder)).toEqual(expect.any(String));
      expect(findEscape(name, {}, inNamespaces)).toEqual(expect.any(String));
    },
  );

  test("what acts on the network, or asks who issues a credential, acts where the network is the sandbox's own", () => {
    expect(findEscape("firewall.block", { address: "192.0.2.1" }, inNamespaces)).toBeNull();
    expect(findEscape("credential.rotate", { name: "gateway" }, inNamespaces)).toBeNull();
  });
});

describe("L-4: the profile in a sandbox", () => {
  test("has no way out: channels, hooks, credentials and shipments stay outside", () => {
    const realHome = path.join(dir, "real");
    const home = path.join(dir, "home");
    for (const place of [realHome, home, path.join(realHome, "playbooks")]) mkdirSync(place);
    writeFileSync(path.join(realHome, "playbooks/own.yaml"), "id: own\n");
    const profile = [
      "name: mine",
      "severities: { 1: { label: P0, respondMinutes: 5 } }",
      "channels: [{ name: pager, kind: webhook, url: 'https://pager.example.org' }]",
      "notifications: [{ channel: pager, severities: [1], templates: [initial] }]",
      "audit: { ship: [{ url: 'https://log.example.org' }] }",
      "effectors: { hooks: { pager: { url: 'https://x.example.org' } }, rates: { docker.kill: { max: 1, perMinutes: 1 } } }",
    ];
    writeFileSync(path.join(realHome, "profile.yaml"), profile.join("\n"));
    const changes = { severities: { 1: { respondMinutes: 1 } } };
    const catcherUrl = "http://127.0.0.1:9/caught";
    writeProfile({
      home,
      folder: dir,
      realHome,
      profilesDir: dir,
      profileName: "mine",
      catcherUrl,
      services: [],
      changes,
    });
    const text = readFileSync(path.join(home, "profile.yaml"), "utf8");
    expect(text).not.toContain("example.org");
    expect(parse(text)).toMatchObject({
      severities: { 1: { label: "P0", respondMinutes: 1 } },
      channels: [{ name: "caught", url: catcherUrl }],
      effectors: { rates: { "docker.kill": { max: 1 } }, maintenanceLocks: { directories: [path.join(dir, "locks")] } },
    });
    expect(existsSync(path.join(home, "playbooks/own.yaml"))).toBe(true);
  });
});

describe("L-4: what a killed drill left", () => {
  test("is found by its processes' pid and start time and by what they carry, and removed; a living drill's is not", async () => {
    const sandboxes = path.join(dir, "sandboxes");
    mkdirSync(sandboxes);
    const folder = path.join(sandboxes, "drl_dead");
    const living = path.join(sandboxes, "drl_living");
    openLedger(living);
    mkdirSync(folder);
    const sleeper = (env: Record<string, string>) =>
      spawn("sleep", ["300"], { stdio: "ignore", detached: true, env: { PATH: process.env["PATH"], ...env } });
    const [noted, marked, stranger] = [sleeper({}), sleeper({ [MARKER]: folder }), sleeper({ [MARKER]: living })];
    const pidOf = (child: typeof noted) => child.pid ?? -1;
    // its owner ended long ago, and its number belongs to this process now
    const owner = { pid: process.pid, startTime: "1" };
    const reused = { pid: pidOf(stranger), startTime: "1" };
    const processes = [nameProcess(pidOf(noted)), reused];
    writeFileSync(path.join(folder, "sandbox.json"), JSON.stringify({ owner, processes }));
    await Promise.all([noted, marked, stranger].map((child) => once(child, "spawn")));
    expect(await clearLeftovers(sandboxes, Date.now())).toEqual([folder]);
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(living)).toBe(true);
    expect(findMarked(folder)).toEqual([]);
    expect(findMarked(living).map(({ pid }) => pid)).toEqual([pidOf(stranger)]);
    stranger.kill("SIGKILL");
    const ended = await Promise.all(
      [noted, marked, stranger].map(async (child) => child.signalCode ?? once(child, "exit")),
    );
    expect(ended).toHaveLength(3);
  });
});
