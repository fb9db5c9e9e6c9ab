import * as fc from "fast-check";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatFileProblem, loadProfile, parseProfile, requireProfile } from "./profile.ts";
import { detectorBindingFor } from "./profile-schema.ts";
import { createSecretReader } from "./secrets.ts";

const profilesDir = fileURLToPath(new URL("../../../../../profiles", import.meta.url));
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "firebreak-profile-"));
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

const load = (name = "ai-empire") => loadProfile({ home, profilesDir, name });
const shippedText = () => readFile(join(profilesDir, "ai-empire", "profile.yaml"), "utf8");

test("T-3: the shipped ai-empire profile loads whole, with the runbook's response times", async () => {
  const loaded = await load();
  expect(loaded.problems).toEqual([]);
  const profile = requireProfile(loaded);
  expect(profile.incidentIdPattern).toBe("INC-YYYY-NNNN");
  expect([1, 2, 3, 4].map((level) => Object.entries(profile.severities)[level - 1]?.[1].respondMinutes)).toEqual([
    15, 60, 240, 1440,
  ]);
  expect(profile.templates.map((template) => template.name)).toEqual(["initial", "contained", "update", "resolved"]);
});

test("T-3, T-5: the shipped agentos profile loads whole, with the runbook's times and whom it brings in", async () => {
  const loaded = await load("agentos");
  expect(loaded.problems).toEqual([]);
  const { severities, reviews, incidentIdPattern, contacts } = requireProfile(loaded);
  const levels = [severities[1], severities[2], severities[3], severities[4]];
  expect(levels.map(({ label, respondMinutes }) => `${label} ${respondMinutes}`)).toEqual([
    "SEV1 15",
    "SEV2 60",
    "SEV3 240",
    "SEV4 1440",
  ]);
  expect(reviews).toEqual({ requiredFor: [1, 2], dueHours: 72 });
  expect(incidentIdPattern).toBe("INC-YYYY-NNNN");
  expect(contacts.map(({ role }) => role)).toEqual([
    "on_call_engineer",
    "engineering_manager",
    "security_lead",
    "legal",
  ]);
});

test.for(["ai-empire", "agentos"])("every rule and playbook that %s binds is shipped", async (name) => {
  const { profile } = await load(name);
  const rules = await readAll(fileURLToPath(new URL("../../../../../rules", import.meta.url)), ".yml");
  const playbooks = await readAll(join(profilesDir, name, "playbooks"), ".yaml");
  expect(profile?.detectors.length).toBeGreaterThan(1);
  for (const binding of profile?.detectors ?? []) {
    expect(rules).toContain(`\nid: ${binding.rule}\n`);
    expect(playbooks).toContain(binding.playbook === undefined ? "" : `\nid: ${binding.playbook}\n`);
    expect(detectorBindingFor({ detectors: profile?.detectors ?? [] }, binding.rule)).toBe(binding);
  }
  const acting = profile?.containment.rules ?? [];
  expect(acting.length).toBeGreaterThan(0);
  const bound = profile?.playbooks ?? [];
  for (const rule of [...acting.map(({ when }) => when), ...bound].flatMap((one) => one.rules ?? []))
    expect(rules).toContain(`\nid: ${rule}\n`);
  for (const { playbook } of bound) expect(playbooks).toContain(`\nid: ${playbook}\n`);
});

async function readAll(directory: string, ending: string): Promise<string> {
  const names = await readdir(directory, { recursive: true });
  const files = names.filter((name) => name.endsWith(ending) && !name.includes(".cases."));
  return (await Promise.all(files.map((name) => readFile(join(directory, name), "utf8")))).join("\n");
}

test("the user's own profile and templates win over the shipped ones", async () => {
  await writeFile(join(home, "profile.yaml"), (await shippedText()).replace("title: AI Empire", "title: Mine"));
  await mkdir(join(home, "templates"));
  await writeFile(join(home, "templates", "initial.md"), "Subject: mine\n\nmine\n");
  const { profile, fallback } = await load();
  expect(profile?.title).toBe("Mine");
  expect(fallback).toBe(false);
  expect(profile?.templates[0]?.text).toContain("mine");
});

test("a profile that does not parse falls back to the shipped one and says where it is wrong", async () => {
  await writeFile(join(home, "profile.yaml"), "name: x\ntitle: y: z\n");
  const loaded = await load();
  expect(loaded.fallback).toBe(true);
  expect(loaded.profile?.name).toBe("ai-empire");
  expect(loaded.problems[0]).toMatchObject({ file: join(home, "profile.yaml"), line: 2, remedy: expect.any(String) });
});

test("a wrong value is reported at its line and column", async () => {
  const text = (await shippedText()).replace("respondMinutes: 60", "respondMinutes: soon");
  const line = text.split("\n").findIndex((row) => row.includes("soon")) + 1;
  const column = (text.split("\n")[line - 1] ?? "").indexOf("soon") + 1;
  const parsed = parseProfile("profile.yaml", text);
  expect(parsed).toMatchObject({
    ok: false,
    problems: [{ line, column, message: expect.stringContaining("severities.2") }],
  });
});

test("an unknown key is reported at the key, and a repeated rule at the second one", async () => {
  const text = await shippedText();
  const unknown = parseProfile("p.yaml", `${text}colour: red\n`);
  expect(unknown).toMatchObject({ ok: false, problems: [{ line: text.split("\n").length, column: 1 }] });
  const twice = text.replace(/^detectors:$/m, 'detectors:\n  - rule: "*"\n  - rule: "*"');
  expect(parseProfile("p.yaml", twice)).toMatchObject({
    ok: false,
    problems: [{ message: expect.stringContaining("bound twice") }],
  });
});

test("D-9: faults of routes and inhibitions are reported at their place, patterns included", async () => {
  const rules = `
alerts:
  routes:
    - { name: noise, match: 'alertname="Watchdog"', incident: false }
    - { name: noise, match: 'team=~"(a+"' }
  inhibitions:
    - { name: down, source: alertname=Down, target: "team" }
`;
  const text = (await shippedText()).replace(/^alerts:\n(?: .*\n)+/m, "") + rules;
  const line = (what: string) => text.slice(0, text.indexOf(what)).split("\n").length;
  const parsed = parseProfile("p.yaml", text);
  const problems = parsed.ok ? [] : parsed.problems;
  expect(problems.map((problem) => [problem.line, problem.message])).toEqual([
    [line("(a+"), expect.stringContaining("an opening bracket without a closing one at character 1")],
    [line("alertname=Down"), expect.stringContaining('a matcher such as team="db" is expected')],
  ]);
  const repeated = parseProfile("p.yaml", text.replace("(a+", "a+").replace('"team" }', "team=db }"));
  expect(repeated.ok ? [] : repeated.problems).toMatchObject([{ message: "two routes are named noise" }]);
});

test("an alias bomb is refused", () => {
  const bomb = Array.from(
    { length: 12 },
    (_, i) =>
      `a${i}: &a${i} [${
        i === 0
          ? "x"
          : Array(9)
              .fill(`*a${i - 1}`)
              .join()
      }]`,
  );
  expect(parseProfile("p.yaml", bomb.join("\n"))).toMatchObject({ ok: false, problems: [{ line: 1 }] });
});

test("nothing a file holds makes the reader throw, and every problem has a place in the file", async () => {
  const shipped = await shippedText();
  const cut = fc.record({
    at: fc.nat(shipped.length),
    gone: fc.nat(60),
    put: fc.string({ unit: "binary", maxLength: 12 }),
  });
  const broken = cut.map(({ at, gone, put }) => shipped.slice(0, at) + put + shipped.slice(at + gone));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), broken), (text) => {
      const parsed = parseProfile("p.yaml", text);
      const problems = parsed.ok ? [] : parsed.problems;
      expect(parsed.ok || problems.length > 0).toBe(true);
      const lines = text.split("\n").length;
      for (const { line, column, message, remedy } of problems) {
        expect([line >= 1, line <= lines, column >= 1, message !== "", remedy !== ""]).toEqual(Array(5).fill(true));
      }
    }),
    { numRuns: 500 },
  );
});

test("a missing profile is named", async () => {
  const loaded = await loadProfile({ home, profilesDir, name: "nowhere" });
  expect(loaded.profile).toBeUndefined();
  expect(() => requireProfile(loaded)).toThrow(/no such profile/);
});

test("M-1: good channels are kept, bad ones reported at their place", async () => {
  await writeFile(
    join(home, "channels.yaml"),
    [
      "channels:",
      "  - { name: ops, kind: webhook, url: 'http://127.0.0.1:9/hook', secretEnv: OPS_SECRET }",
      "  - { name: bad, kind: webhook, url: 'http://user:pw@127.0.0.1/hook' }",
      "  - { name: ops, kind: email, smtpUrl: 'smtp://127.0.0.1:25', from: a@example.org, to: [b@example.org] }",
      "notifications:",
      "  - { channel: nobody, severities: [1], templates: [initial] }",
      "extra: 1",
    ].join("\n"),
  );
  const { profile, problems } = await load();
  expect(profile?.channels.map((channel) => `${channel.name} ${channel.kind}`)).toEqual(["ops webhook"]);
  const lines = problems.map((problem) => problem.line).toSorted((a, b) => a - b);
  expect(lines).toEqual([3, 4, 6, 7]);
  expect(problems.map(formatFileProblem).join()).not.toContain("pw@");
});

test("secrets come from the environment, else from a file, and are never guessed from another path", async () => {
  await mkdir(join(home, "secrets"));
  await writeFile(join(home, "secrets", "OPS_SECRET"), "from-file\n");
  const readSecret = createSecretReader({ IN_ENV: "from-env" }, home);
  expect(await readSecret("IN_ENV")).toBe("from-env");
  expect(await readSecret("OPS_SECRET")).toBe("from-file");
  expect(await readSecret("ABSENT")).toBeUndefined();
  expect(await readSecret("../secrets/OPS_SECRET")).toBeUndefined();
});

test("O-6: retention is the runbooks' schedule by default, and what does not fit is reported at its place", async () => {
  const { profile } = await load();
  expect(profile?.retention).toMatchObject({
    noticeDays: 30,
    classes: { audit: { retain: 730, archive: 1825, delete: 2555 }, debug: { retain: 7, archive: 30, delete: 90 } },
    packs: { finance: { audit: 730 }, legal: { events: 1095 } },
  });
  const text = `${await shippedText()}retention:
  classes:
    events: { retain: 90d, archive: 30d, delete: 18m }
    debug: { retain: 7d, archive: none, delete: 1d }
    runs: { retain: soon, archive: none, delete: never }
    chatter: { retain: 1d, archive: none, delete: 1d }
  packs:
    finance: { chatter: +1y }
`;
  const line = (what: string) => text.slice(0, text.indexOf(what)).split("\n").length;
  const parsed = parseProfile("p.yaml", text);
  const problems = parsed.ok ? [] : parsed.problems;
  const placed = problems.map((problem) => [problem.line, problem.message]);
  expect(placed).toContainEqual([
    line("events: {"),
    expect.stringContaining("archive must not be shorter than retain"),
  ]);
  expect(placed).toContainEqual([line("debug: {"), expect.stringContaining("delete must not be shorter")]);
  expect(placed).toContainEqual([line("runs: {"), expect.stringContaining("such as 90d, 18m or 7y")]);
  expect(placed).toContainEqual([line("chatter: {"), expect.stringContaining("chatter")]);
  expect(placed).toContainEqual([line("finance: {"), expect.stringContaining("chatter")]);
});
