import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Profile } from "../kernel/index.ts";
import type { LoadedPlaybook, LoadedPlaybooks } from "../playbooks/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { SHIPPED_PROFILES, loadShipped, repositoryRoot as root } from "./testing.ts";

const SHIPPED = {
  "ai-empire": [
    "backup-failure",
    "data-loss",
    "disk-critical",
    "resource-emergency",
    "rogue-agent",
    "rogue-agent-recovery",
    "security-alert",
    "service-down",
  ],
  agentos: [
    "authorization-failure",
    "credential-compromise",
    "data-corruption",
    "gradual-return",
    "incorrect-output",
    "integration-failure",
    "pii-exposure",
    "rate-limit-breach",
    "runaway-agent",
    "service-outage",
    "unauthorized-access",
  ],
  "openclaw-security": [
    "container-escape",
    "credential-exfiltration",
    "data-breach",
    "denial-of-service",
    "malicious-skill",
    "mcp-server-compromise",
    "prompt-injection",
  ],
  "openclaw-guide": [
    "credential-exfiltration",
    "malicious-skill-installation",
    "prompt-injection",
    "unauthorized-network-access",
  ],
} as const;
/** Parts of others, for every profile. */
const COMMON = ["contain-agent", "return-to-service"];

/** A rogue agent is contained by one playbook and looked after by another; the last one is a part of others. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  "rogue-agent": ["contain", "communicate"],
  "gradual-return": ["recover"],
  "contain-agent": ["contain"],
  "return-to-service": ["recover", "communicate"],
};
/** The rest has every phase, two of them where the runbook gives nothing to do or another order. */
const OWN_ORDER: Readonly<Record<string, readonly string[]>> = {
  "data-breach": ["contain", "investigate", "communicate", "eradicate", "recover", "learn"],
  "denial-of-service": ["contain", "investigate", "recover", "communicate", "learn"],
  "openclaw-guide/credential-exfiltration": ["contain", "investigate", "recover", "communicate", "learn"],
};
/** The incident types that the runbooks name; those of openclaw are about attacks. */
const SECURITY_TYPES = [
  "security_unauthorized_access",
  "security_credential_compromise",
  "security_malicious_code",
  "security_exfiltration",
  "security_supply_chain",
  "agent_authorization",
];
const TYPES = [
  "agent_runaway",
  "agent_incorrect_output",
  "agent_authorization",
  "system_outage",
  "system_corruption",
  "system_integration",
  "security_unauthorized_access",
  "security_credential_compromise",
  "security_pii_exposure",
];
const PHASES = ["contain", "investigate", "eradicate", "recover", "communicate", "learn"];

let server: TestDatabase;
beforeAll(async () => {
  server = await createTestDatabase();
});
afterAll(() => server.close());

/** What a reader sees before the playbook begins. */
function headOf({ text }: LoadedPlaybook): string {
  return text.slice(0, text.indexOf("\nid: ")).replaceAll(/\n# */g, " ");
}

/** As the golden file of the command line's help lists them. */
async function commandNames(): Promise<string[]> {
  const help = await readFile(path.join(root, "packages/server/src/cli/help.golden.txt"), "utf8");
  return [...help.matchAll(/^\$ firebreak ([a-z][a-z -]*?)(?: --help)?$/gm)].map(([, command]) => command ?? "");
}

async function ruleIds(): Promise<Set<string>> {
  const directory = path.join(root, "rules", "agent");
  const files = (await readdir(directory)).filter((name) => /^[^.]+\.yml$/.test(name));
  const texts = await Promise.all(files.map((name) => readFile(path.join(directory, name), "utf8")));
  return new Set(texts.flatMap((text) => [...text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id ?? "")));
}

describe.each(SHIPPED_PROFILES)("P-3, P-4, P-6, P-7: the playbooks of %s", (name) => {
  let profile: Profile;
  let loaded: LoadedPlaybooks;
  beforeAll(async () => ({ profile, loaded } = await loadShipped(server.database, name)));

  test("are all there and are linted without an error or a warning", () => {
    expect(loaded.problems.map(({ file, line, message }) => `${path.basename(file)}:${line} ${message}`)).toEqual([]);
    expect([...loaded.playbooks.keys()].toSorted()).toEqual([...SHIPPED[name], ...COMMON].toSorted());
  });

  test("have every phase, with a time box for what has to be fast, and say in their head what differs from the runbook", () => {
    for (const [id, playbook] of loaded.playbooks) {
      const phases = PARTS[id] ?? OWN_ORDER[id] ?? OWN_ORDER[`${name}/${id}`] ?? PHASES;
      expect([id, playbook.document.phases.map((phase) => phase.id)]).toEqual([id, phases]);
      const head = COMMON.includes(id) ? /^.*#.*/s : /(runbook|plan|guide).*What differs from the \1, and why: - /s;
      expect(headOf(playbook)).toMatch(head);
      const untimed = playbook.document.phases.filter((phase) => phase.id === "contain" && phase.timeBox === undefined);
      expect([id, untimed]).toEqual([id, []]);
    }
  });

  test("answer rules that are shipped, no two the same, and send messages that the profile has", async () => {
    const known = await ruleIds();
    const answered = [...loaded.playbooks.values()].flatMap(({ document }) => document.appliesTo.rules);
    expect(answered.filter((rule) => !known.has(rule))).toEqual([]);
    expect(new Set(answered).size).toBe(answered.length);
    const templates = new Set<string>(profile.templates.map((template) => template.name));
    const sent = [...loaded.playbooks.values()].flatMap(({ text }) =>
      [...text.matchAll(/template: ([a-z]+)/g)].map(([, template]) => template ?? ""),
    );
    expect(sent.filter((template) => !templates.has(template))).toEqual([]);
  });

  test("hold nothing of the runbook's dangerous commands, and name only commands of Firebreak that exist", async () => {
    const commands = await commandNames();
    expect(commands.length).toBeGreaterThan(50);
    for (const { text } of loaded.playbooks.values()) {
      const done = text.slice(text.indexOf("\nphases:")).replaceAll(/^ *#.*$/gm, "");
      expect(done).not.toMatch(/pkill|killall|kill -9|rm -rf|-delete\b|system prune|FLUSHALL|turn off wifi/i);
      const words = [...done.replaceAll(/\s+/g, " ").matchAll(/\bfirebreak ((?:[a-z]+)(?: [a-z]+)?)/g)];
      for (const [, said = ""] of words) {
        const [first = ""] = said.split(" ");
        expect([
          said,
          commands.some((command) => command === said || command === first || command.startsWith(`${first} `)),
        ]).toEqual([said, true]);
      }
    }
  });

  test("every incident type that they are for has one, and what the profile binds is among them", () => {
    const types = new Set<string>(
      [...loaded.playbooks.values()].flatMap(({ document }) => document.appliesTo.incidentTypes),
    );
    const expected = name.startsWith("openclaw") ? SECURITY_TYPES : TYPES;
    expect(expected.filter((type) => !types.has(type))).toEqual([]);
    const bound = [...profile.detectors, ...profile.playbooks].flatMap(({ playbook }) => playbook ?? []);
    expect(bound.filter((id) => !loaded.playbooks.has(id))).toEqual([]);
  });
});
