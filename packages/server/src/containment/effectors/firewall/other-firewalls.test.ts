import { describe, expect, test } from "vitest";
import { parseAddressOrNetwork } from "../../../kernel/index.ts";
import type { SystemRun } from "../../system-program.ts";
import { FirewallFault } from "./firewall.ts";
import type { Direction, WantedCut } from "./firewall.ts";
import { createPf } from "./pf.ts";
import { gateways, macGateways, nameServers, remoteLogins } from "./protected-networks.ts";
import { createUfw } from "./ufw.ts";

function cut(address: string, direction: Direction): WantedCut {
  const network = parseAddressOrNetwork(address);
  if (network === undefined) throw new Error(`${address} is no network`);
  return { network, direction, remainingMs: 60_000 };
}

/** Keeps what was called, without the `sudo -n` that a test without root has before it, and answers as the program does. */
function recorder(answers: Readonly<Record<string, Partial<SystemRun>>>) {
  const calls: string[] = [];
  const run = async (command: readonly string[], options: { input?: string } = {}): Promise<SystemRun> => {
    const call = command.join(" ").replace(/^sudo -n /, "");
    calls.push(options.input === undefined ? call : `${call}\n${options.input}`);
    return { code: 0, stdout: "", stderr: "", problem: null, ...answers[call] };
  };
  return { calls, run };
}

describe("pf of macOS", () => {
  const anchor = "pfctl -q -a com.apple/249.firebreak";
  const shows = {
    [`${anchor} -t firebreak_in -T show`]: { stdout: "   203.0.113.7\n   2001:db8::/32\n" },
    [`${anchor} -t firebreak_out -T show`]: { code: 1, stderr: "pfctl: Table does not exist.\n" },
  };

  test("C-4: reads its tables; one that is not there is empty", async () => {
    const { run } = recorder(shows);
    const cuts = await createPf(run).read();
    expect(cuts).toEqual([
      { ...cut("203.0.113.7", "in"), remainingMs: null },
      { ...cut("2001:db8::/32", "in"), remainingMs: null },
    ]);
  });

  test("C-4: loads its anchor whole, turns pf on and ends the states of what is new", async () => {
    const { calls, run } = recorder({ ...shows, "pfctl -s info": { stdout: "Status: Disabled for 0 days\n" } });
    await createPf(run).make([cut("203.0.113.7", "in"), cut("203.0.113.9", "in"), cut("203.0.113.9", "out")]);
    expect(calls.slice(2)).toEqual([
      `${anchor} -f -\n` +
        "table <firebreak_in> persist { 203.0.113.7, 203.0.113.9 }\n" +
        "table <firebreak_out> persist { 203.0.113.9 }\n" +
        "block drop quick from <firebreak_in> to any\n" +
        "block drop quick from any to <firebreak_out>\n",
      "pfctl -s info",
      "pfctl -q -E",
      "pfctl -q -k 203.0.113.9",
      "pfctl -q -k 0.0.0.0/0 -k 203.0.113.9",
    ]);
  });

  test("C-4: what pf refuses is a fault in its words", async () => {
    const { run } = recorder({ ...shows, [`${anchor} -f -`]: { code: 1, stderr: "pfctl: Permission denied\n" } });
    await expect(createPf(run).make([])).rejects.toThrow(FirewallFault);
  });
});

describe("ufw", () => {
  // as ufw 0.36.2 prints them
  const added = `Added user rules (see 'ufw status' for running firewall):
ufw route deny to 203.0.113.7 comment 'firebreak'
ufw deny out to 203.0.113.7 comment 'firebreak'
ufw route deny from 203.0.113.0/24 comment 'firebreak'
ufw deny from 203.0.113.0/24 comment 'firebreak'
ufw deny from 198.51.100.1
ufw allow 22/tcp
ufw deny from 2001:db8::7 comment 'firebreak'
`;
  const shows = { "ufw show added": { stdout: added } };

  test("C-4: reads only the rules that are its own", async () => {
    const cuts = await createUfw(recorder(shows).run).read();
    expect(cuts).toEqual([
      { ...cut("203.0.113.7", "out"), remainingMs: null },
      { ...cut("203.0.113.0/24", "in"), remainingMs: null },
      { ...cut("2001:db8::7", "in"), remainingMs: null },
    ]);
  });

  test("C-4: adds what is missing before all other rules, for the host and its containers, and takes away what is over", async () => {
    const { calls, run } = recorder(shows);
    await createUfw(run).make([cut("203.0.113.0/24", "in"), cut("2001:db8::7", "in"), cut("203.0.113.9", "out")]);
    expect(calls).toEqual([
      "ufw show added",
      "ufw route prepend deny from any to 203.0.113.9 comment firebreak",
      "ufw prepend deny out from any to 203.0.113.9 comment firebreak",
      "ufw route delete deny from any to 203.0.113.7",
      "ufw delete deny out from any to 203.0.113.7",
    ]);
  });
});

describe("what must stay reachable", () => {
  test("C-4: gateways as the kernel lists them, name servers, and people who are logged in", () => {
    const four =
      "Iface\tDestination\tGateway \tFlags\neth0\t00000000\tFE01A8C0\t0003\neth0\t0001A8C0\t00000000\t0001\n";
    const six =
      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe80000000000000021122fffe334455 00000400 eth0\n" +
      "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 eth0\n";
    expect(gateways(four, six).map(({ host }) => host)).toEqual([
      "192.168.1.254",
      "fe80:0000:0000:0000:0211:22ff:fe33:4455",
    ]);
    const netstat =
      "Internet:\nDestination        Gateway            Flags               Netif Expire\n" +
      "default            192.168.1.1        UGScg                 en0\n127                127.0.0.1          UCS                   lo0\n" +
      "Internet6:\ndefault                                 fe80::1%en0                             UGcg                  en0\n";
    expect(macGateways(netstat).map(({ host }) => host)).toEqual(["192.168.1.1", "fe80::1"]);
    expect(nameServers("# nameserver 1.1.1.1\nnameserver 10.0.0.2\n  nameserver fd00::2\n")).toHaveLength(2);
    const who =
      "ada   pts/0   2026-03-01 10:00  203.0.113.8\ngrace pts/1 2026-03-01 10:01 (2001:db8::1)\nroot tty1 2026-03-01 09:00\n";
    expect(remoteLogins(who)).toEqual([
      { host: "203.0.113.8", why: "where ada is logged in from" },
      { host: "2001:db8::1", why: "where grace is logged in from" },
    ]);
  });
});
