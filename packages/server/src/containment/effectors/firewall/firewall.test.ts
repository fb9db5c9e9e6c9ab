import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../../../test/agents/bundle-entry.ts";
import { connectNamespaces, openNamespace } from "../../../../../../test/harness/network-namespace.ts";
import { waitFor } from "../../../../../../test/harness/processes.ts";
import type { NetworkNamespace } from "../../../../../../test/harness/network-namespace.ts";

// The real kernel: two network namespaces with a cable between them. Needs root on Linux, nft and ip.
const ATTACKER = "10.99.0.2";
const OPERATOR = "10.99.0.3";
const PORT = 9000;

let directory = "";
let program = "";
let home = "";
let host: NetworkNamespace;
let world: NetworkNamespace;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "fb-net-"));
  program = bundleEntry(
    join(import.meta.dirname, "../../../../../../test/agents/in-namespace.ts"),
    join(directory, "in-namespace.mjs"),
  );
  [host, world] = await Promise.all([openNamespace(program), openNamespace(program)]);
  await connectNamespaces(host, world, {
    one: ["10.99.0.1/24", "fd99::1/64"],
    other: [`${ATTACKER}/24`, `${OPERATOR}/24`, "fd99::2/64"],
  });
  await host.run("ip", "route", "add", "default", "via", "10.99.0.254");
  await host.order({ do: "serve", host: "::", port: PORT });
  await world.order({ do: "serve", host: "::", port: PORT });
});
afterAll(async () => {
  await Promise.all([host.close(), world.close()]);
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  home = mkdtempSync(join(directory, "home-"));
  await host.run("nft", "flush", "ruleset");
});

interface Outcome {
  readonly ok: boolean;
  readonly reason?: string;
  readonly message: string;
  readonly output?: Record<string, unknown>;
  readonly changes?: string[];
  readonly remains?: boolean;
}
type Extra = Readonly<Record<string, unknown>>;

async function effect(name: string, verb: string, parameters: Extra, extra: Extra = {}): Promise<Outcome> {
  const { context = {}, ...rest } = extra;
  const order = {
    do: "effector",
    name,
    verb,
    parameters,
    context: { home, ...Object(context) },
    operators: [OPERATOR],
  };
  // eslint-disable-next-line typescript/no-unsafe-return
  return Object(await host.order({ ...order, ...rest }));
}
const block = (verb: string, parameters: Extra, extra?: Extra) =>
  effect("firewall.block", verb, { for: "1h", ...parameters }, extra);
const isolate = (verb: string, parameters: Extra, extra?: Extra) => effect("host.isolate", verb, parameters, extra);

const reaches = (from: string, to = "10.99.0.1") => world.order({ do: "connect", host: to, port: PORT, from });
const reachesOut = (to: string) => host.order({ do: "connect", host: to, port: PORT });

describe("firewall.block", () => {
  test("C-4: a block stops traffic both ways, also of open connections, and spares others; undo brings it back", async () => {
    expect(await reaches(ATTACKER)).toBe(true);
    expect(await world.order({ do: "echo" })).toBe(true);
    const applied = await block("apply", { address: ATTACKER });
    expect(applied).toMatchObject({ ok: true, output: { addresses: [ATTACKER], firewall: "nftables" } });
    expect(await world.order({ do: "echo" })).toBe(false);
    expect(await reaches(ATTACKER)).toBe(false);
    expect(await reachesOut(ATTACKER)).toBe(false);
    expect(await reaches(OPERATOR)).toBe(true);
    expect(await reachesOut(OPERATOR)).toBe(true);
    expect(await block("verify", { address: ATTACKER }, { output: applied.output })).toMatchObject({ ok: true });
    for (let i = 0; i < 2; i++) {
      expect(await block("undo", { address: ATTACKER }, { output: applied.output })).toMatchObject({ ok: true });
    }
    expect(await reaches(ATTACKER)).toBe(true);
    expect(await block("verify", { address: ATTACKER }, { output: applied.output })).toMatchObject({ ok: false });
  });

  test("C-4: the kernel lets the address in again by itself when the time is over", async () => {
    const until = Date.now() + 2_000;
    await block("apply", { address: ATTACKER }, { context: { expiresAt: until } });
    expect(await reaches(ATTACKER)).toBe(false);
    await waitFor("the end of the block", 30_000, async () => ((await reaches(ATTACKER)) === true ? true : undefined));
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    const late = await block("apply", { address: ATTACKER }, { context: { expiresAt: until } });
    expect(late).toMatchObject({ ok: false, reason: "denied" });
    expect(late.message).toContain("its time is over");
  });

  test("C-4: networks, IPv6 and one direction; an address inside a blocked network is blocked with it", async () => {
    await block("apply", { address: ["10.99.0.2/31", "fd99::2"], direction: "in" }, { operators: [] });
    expect(await reaches(ATTACKER)).toBe(false);
    expect(await reaches(OPERATOR)).toBe(false);
    expect(await reaches("fd99::2", "fd99::1")).toBe(false);
    await block("apply", { address: ATTACKER, direction: "out" }, { operators: [], context: { stepId: "other" } });
    await block("undo", { address: ["10.99.0.2/31", "fd99::2"] }, { context: { stepId: "s" } });
    // neighbours in IPv6 have to find each other again
    await waitFor("fd99::2", 30_000, async () => ((await reaches("fd99::2", "fd99::1")) === true ? true : undefined));
    expect(await reaches(OPERATOR)).toBe(true);
    expect(await reaches(ATTACKER), "its answers are dropped").toBe(false);
  });

  test("C-4: of two blocks of one address the longer one counts, and the last one lifted frees it", async () => {
    await block("apply", { address: ATTACKER }, { context: { stepId: "long" } });
    await block("apply", { address: ATTACKER, for: "1m" }, { context: { stepId: "short" } });
    const listed = await host.run("nft", "list", "table", "inet", "firebreak");
    expect(listed).toMatch(/10\.99\.0\.2 timeout 1h/);
    const lifted = await block("undo", { address: ATTACKER }, { context: { stepId: "long" } });
    expect(lifted.ok).toBe(true);
    expect(await reaches(ATTACKER)).toBe(false);
    expect(await host.run("nft", "list", "table", "inet", "firebreak")).toMatch(/10\.99\.0\.2 timeout 1m/);
    await block("undo", { address: ATTACKER }, { context: { stepId: "short" } });
    expect(await reaches(ATTACKER)).toBe(true);
  });

  test("C-4: what was flushed or lost in a reboot comes back with the time that is left; what is no block goes", async () => {
    await block("apply", { address: ATTACKER });
    await host.run("nft", "flush", "ruleset");
    expect(await reaches(ATTACKER)).toBe(true);
    expect(await host.order({ do: "reconcile", context: { home } })).toEqual({ blocks: 1, missing: 2, foreign: 0 });
    expect(await reaches(ATTACKER)).toBe(false);
    await host.run("nft", "flush", "chain", "inet", "firebreak", "input");
    expect(await host.order({ do: "reconcile", context: { home } })).toMatchObject({ missing: 1 });
    await host.run("nft", "add", "element", "inet", "firebreak", "in4_32", "{ 10.99.0.77 timeout 1h }");
    expect(await host.order({ do: "reconcile", context: { home } })).toEqual({ blocks: 1, missing: 0, foreign: 1 });
    expect(await host.order({ do: "reconcile", context: { home } })).toEqual({ blocks: 1, missing: 0, foreign: 0 });
    expect(await host.run("nft", "list", "ruleset")).not.toContain("10.99.0.77");
  });

  test("C-4: a block does not outlast that the host gets an address or a gateway within it", async () => {
    await block("apply", { address: ["10.77.0.0/24", ATTACKER] });
    await host.run("ip", "address", "add", "10.77.0.5/24", "dev", "cable");
    await host.order({ do: "reconcile", context: { home } });
    const listed = await host.run("nft", "list", "table", "inet", "firebreak");
    await host.run("ip", "address", "del", "10.77.0.5/24", "dev", "cable");
    expect(listed).not.toContain("10.77.0.0");
    expect(listed).toContain(ATTACKER);
  });

  test.each([
    ["its people", { address: OPERATOR }, "10.99.0.3 is where Ada works"],
    ["a network with one of its people", { address: "10.99.0.0/30" }, "10.99.0.3 is where Ada works"],
    ["its own address", { address: "10.99.0.1" }, "this host's own address"],
    ["its own address in IPv6", { address: "fd99::/64" }, "this host's own address"],
    ["its gateway", { address: "10.99.0.254" }, "a gateway of this host"],
    ["loopback", { address: ["10.99.0.9", "127.0.0.53"] }, "the loopback network"],
    ["loopback as IPv6", { address: "::1" }, "::1 is"],
    ["IPv4 written as IPv6", { address: "::ffff:10.99.0.3" }, "where Ada works"],
    ["neighbours in IPv6", { address: "fe80::1" }, "link-local"],
    ["the allow-list", { address: "192.0.2.5" }, "on the allow-list of the profile"],
    ["everything", { address: "0.0.0.0/0" }, "too wide"],
    ["everything in IPv6", { address: "::/0" }, "too wide"],
    ["half a continent", { address: "11.0.0.0/8" }, "too wide"],
    ["what is no address", { address: "10.99.0.2; flush ruleset" }, "no IP address"],
    ["without an end", { address: ATTACKER, for: undefined }, "it must have an end"],
  ])("C-4: never blocks %s, and says why", async (_what, parameters, why) => {
    const extra = { neverBlock: ["192.0.2.0/24"] };
    const applied = await block("apply", parameters, extra);
    expect(applied).toMatchObject({ ok: false, reason: "denied" });
    expect(applied.message).toContain(why);
    expect((await block("preview", parameters, extra)).changes?.join()).toContain(why);
    expect(await host.run("nft", "list", "ruleset")).not.toContain("elements");
  });

  test("C-4: preview says what would be blocked until when, and blocks nothing", async () => {
    const { changes } = await block("preview", { address: "10.99.0.9/30" });
    expect(changes).toEqual([expect.stringMatching(/^cuts off 10\.99\.0\.8\/30 until 20/)]);
    expect(await host.run("nft", "list", "ruleset")).toBe("");
  });

  test("C-4: a damaged ledger changes nothing, and is named; what is blocked ends by itself", async () => {
    await block("apply", { address: ATTACKER });
    writeFileSync(join(home, "firewall/blocks.json"), "{");
    const applied = await block("apply", { address: "10.99.0.9" }, { context: { stepId: "other" } });
    expect(applied).toMatchObject({ ok: false, message: expect.stringContaining("blocks.json cannot be read") });
    expect(await reaches(ATTACKER)).toBe(false);
  });

  test("C-4: a thousand addresses are one transaction of the kernel", async () => {
    const address = Array.from({ length: 1000 }, (_, at) => `198.18.${at >> 8}.${at & 255}`);
    const startMs = performance.now();
    const applied = await block("apply", { address });
    expect(applied).toMatchObject({ ok: true });
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(readFileSync(join(home, "firewall/blocks.json"), "utf8")).toContain("198.18.3.231");
  });
});

/** From now on nft runs this shell script, in whose text NFT is the real one. */
async function replaceNft(script: string): Promise<void> {
  const real = join(home, "nft");
  await host.run("cp", "/usr/sbin/nft", real);
  writeFileSync(join(home, "fake-nft"), `#!/bin/sh\n${script.replaceAll("NFT", real)}\n`, { mode: 0o755 });
  await host.run("mount", "--bind", join(home, "fake-nft"), "/usr/sbin/nft");
}
/** Lazily: what was killed a moment ago may still be on its way out. */
const healNft = () => host.run("umount", "--lazy", "/usr/sbin/nft");

describe.each([
  ["firewall.block", { address: ATTACKER, for: "1h" }],
  ["host.isolate", { for: "10m" }],
])("%s: the contract of effectors", (name, parameters) => {
  const look = () => host.run("nft", "-s", "list", "ruleset");

  test("C-3: applied twice does what applying once does; preview does nothing", async () => {
    await effect(name, "preview", parameters);
    expect(await look()).toBe("");
    expect(await effect(name, "verify", parameters)).toMatchObject({ ok: false });
    expect(await effect(name, "apply", parameters)).toMatchObject({ ok: true });
    const once = await look();
    expect(await effect(name, "apply", parameters)).toMatchObject({ ok: true });
    expect(await look()).toBe(once);
    expect(await effect(name, "verify", parameters)).toMatchObject({ ok: true });
  });

  test("C-3: when the filter refuses once, all is taken back", async () => {
    await replaceNft(
      'case "$*" in "-f -") if [ ! -e NFT.used ]; then touch NFT.used; echo refused >&2; exit 1; fi;; esac; exec NFT "$@"',
    );
    const outcome = await effect(name, "apply", parameters);
    await healNft();
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining("nft: refused") });
    expect(outcome.message).toContain("taken back");
    expect(await reaches(ATTACKER)).toBe(true);
    await host.order({ do: "reconcile", context: { home } });
    expect(await reaches(ATTACKER)).toBe(true);
  });

  test("C-3: when the filter refuses everything, that is said; undone later, nothing is left of it", async () => {
    await replaceNft("echo refused >&2; exit 1");
    const outcome = await effect(name, "apply", parameters);
    await healNft();
    expect(outcome).toMatchObject({ ok: false, remains: true });
    expect(await effect(name, "undo", parameters)).toMatchObject({ ok: true });
    await host.order({ do: "reconcile", context: { home } });
    expect(await reaches(ATTACKER)).toBe(true);
  });

  test.each([
    ["before", 'case "$*" in "-f -") kill -9 "$PPID"; exit 1;; esac; exec NFT "$@"'],
    ["after", 'NFT "$@"; code=$?; case "$*" in "-f -") kill -9 "$PPID";; esac; exit "$code"'],
  ])(
    "C-3: killed just %s the filter acts, another process undoes it without any record of the step",
    async (_when, script) => {
      const victim = await openNamespace(program, host.pid);
      await replaceNft(script);
      const died = victim.order({
        do: "effector",
        name,
        verb: "apply",
        parameters,
        context: { home },
        operators: [OPERATOR],
      });
      await expect(died).rejects.toThrow("ended");
      await healNft();
      expect(await effect(name, "undo", parameters)).toMatchObject({ ok: true });
      await host.order({ do: "reconcile", context: { home } });
      expect(await reaches(ATTACKER)).toBe(true);
      expect(await effect(name, "verify", parameters)).toMatchObject({ ok: false });
    },
  );
});

describe("host.isolate", () => {
  test("C-4: nothing passes but loopback and its people; undo opens the host again", async () => {
    const applied = await isolate("apply", { for: "10m" });
    expect(applied).toMatchObject({ ok: true, output: { allowed: [OPERATOR] } });
    expect(await reaches(ATTACKER)).toBe(false);
    expect(await reachesOut(ATTACKER)).toBe(false);
    expect(await reaches("fd99::2", "fd99::1")).toBe(false);
    expect(await reaches(OPERATOR)).toBe(true);
    expect(await host.order({ do: "connect", host: "127.0.0.1", port: PORT })).toBe(true);
    expect(await isolate("verify", {}, { output: applied.output })).toMatchObject({ ok: true });
    for (let i = 0; i < 2; i++)
      expect(await isolate("undo", {}, { output: applied.output })).toMatchObject({ ok: true });
    expect(await reaches(ATTACKER)).toBe(true);
    expect(await isolate("verify", {}, { output: applied.output })).toMatchObject({ ok: false });
  });

  test("C-4: the kernel opens the host by itself, with nobody there to do it", async () => {
    await isolate("apply", {}, { context: { expiresAt: Date.now() + 2_000 } });
    expect(await reaches(ATTACKER)).toBe(false);
    await waitFor("the end of the isolation", 30_000, async () =>
      (await reaches(ATTACKER)) === true ? true : undefined,
    );
    await host.order({ do: "reconcile", context: { home } });
    expect(await host.run("nft", "list", "ruleset")).not.toContain("isolation");
  });

  test("C-4: longer than half an hour only when asked again, by somebody who still reaches the host", async () => {
    expect(await isolate("apply", { for: "2h" })).toMatchObject({ ok: false, reason: "denied" });
    expect(await isolate("apply", { for: "30m" })).toMatchObject({ ok: true });
    const longer = await isolate("apply", { for: "2h", allow: [ATTACKER] }, { context: { stepId: "again" } });
    expect(longer.message).toMatch(/ends it by itself in 120 minute/);
    expect(await reaches(ATTACKER)).toBe(true);
    expect((await isolate("undo", {}, { context: { stepId: "again" } })).message).toContain("another isolation");
    expect(await reaches(ATTACKER)).toBe(false);
    expect(await reaches(OPERATOR)).toBe(true);
  });

  test("C-4: comes back after a flush with the time that is left", async () => {
    await isolate("apply", { for: "10m" });
    await host.run("nft", "flush", "ruleset");
    expect(await isolate("verify", {})).toMatchObject({ ok: false, reason: "unverified" });
    await host.order({ do: "reconcile", context: { home } });
    expect(await reaches(ATTACKER)).toBe(false);
    expect(await isolate("verify", {})).toMatchObject({ ok: true });
  });
});
