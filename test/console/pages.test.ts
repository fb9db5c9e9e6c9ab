import { describe, expect, test } from "vitest";
import { axeViolations, PHONE, settle } from "./browser.ts";
import { expectReadable } from "./every-mode.ts";
import { useConsole } from "./fixture.ts";

const PAGES = [
  ["/", "Overview"],
  ["/incidents", "Incidents"],
  ["/incidents?state=all", "Incidents"],
  ["/incidents/INC-2026-0042", "scout runs away"],
  ["/incidents/INC-2026-0042?tab=alerts", "scout runs away"],
  ["/incidents/INC-2026-0042?tab=evidence", "scout runs away"],
  ["/incidents/INC-2026-0042?tab=actions", "scout runs away"],
  ["/incidents/INC-2026-0041?tab=actions", "librarian tried"],
  ["/incidents/INC-2026-0042?tab=communications", "scout runs away"],
  ["/incidents/INC-2026-0039?tab=review", "An API key"],
  ["/alerts", "Alerts"],
  ["/killswitch?scope=pack&target=research", "Kill switch"],
  ["/approvals", "Approvals"],
  ["/containment", "Containment"],
  ["/actions", "Actions"],
  ["/evidence", "Evidence"],
  ["/evidence/evd_1", "Before the kill of scout"],
  ["/agents", "Agents"],
  ["/agents/scout", "scout"],
  ["/explorer", "Explorer"],
  ["/sessions/ses_1?event=17", "Session replay"],
  ["/rules", "Rules"],
  ["/rules/rule/r2", "Destructive command"],
  ["/rules/try", "Try rules"],
  ["/rules/replays", "Replays"],
  ["/rules/replays/rpl_done", "Replay of"],
  ["/rules/replays/rpl_running", "Replay of"],
  ["/audit-log", "Audit log"],
  ["/retention", "Retention"],
  ["/settings", "Settings"],
  ["/nowhere", "Nothing is here"],
] as const;

const app = useConsole();

describe("O-2: every page renders, reads well and fits", () => {
  for (const [path, heading] of PAGES) {
    test(`${path} in light and dark, on a desktop and at 360 px`, async () => {
      const page = await app.open(await app.backend(), path);
      await settle(page);
      expect(await page.locator("h1").first().innerText()).toContain(heading);
      expect(await page.title()).toContain("Firebreak");
      await expectReadable(page);
    });
  }

  test.each([
    ["Stop agents", "s"],
    ["Keyboard", "?"],
    ["Report an incident", "n"],
    ["Command palette", "Control+k"],
  ])("the dialog “%s” is accessible in both themes and at 360 px", async (name, keys) => {
    const page = await app.open(await app.backend(), "/");
    await settle(page);
    await page.keyboard.press(keys);
    await page.getByRole("dialog", { name }).waitFor();
    await settle(page);
    await expectReadable(page);
  });

  test("axe finds a fault when there is one", async () => {
    const page = await app.open(await app.backend(), "/");
    await settle(page);
    await page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')");
    expect(await axeViolations(page)).toEqual([expect.stringContaining("button-name")]);
  });
});

describe("O-2: the overview says what is wrong, what is stopped and what to do", () => {
  test("with incidents and holds", async () => {
    const page = await app.open(await app.backend(), "/");
    await settle(page);
    const headline = await page.locator("[data-headline]").innerText();
    expect(headline).toContain("3 incidents open · 1 past its time · 1 agent lost · 2 stops in force");
    const wrong = page.getByRole("region", { name: "What is wrong" });
    expect(await wrong.getByRole("link", { name: /INC-2026-0042/ }).innerText()).toMatch(/SEV-1\s+critical/);
    expect(await wrong.innerText()).toContain("1 notification not delivered");
    expect(await page.getByRole("region", { name: "What is stopped" }).innerText()).toContain("Agent scout");
    await page.getByRole("region", { name: "What to do next" }).getByRole("link").first().click();
    await page.waitForURL("**/incidents/INC-2026-0042");
  });

  test("on a phone the next step and the stop button are in the first screenful", async () => {
    const page = await app.open(await app.backend(), "/", { size: PHONE });
    await settle(page);
    const next = await page.getByRole("link", { name: /^Next: Acknowledge/ }).boundingBox();
    const stop = await page
      .getByRole("navigation", { name: "Main" })
      .getByRole("button", { name: "Stop" })
      .boundingBox();
    expect((next?.y ?? Infinity) + (next?.height ?? 0)).toBeLessThan(PHONE.height);
    expect((stop?.y ?? Infinity) + (stop?.height ?? 0)).toBeLessThanOrEqual(PHONE.height);
    expect(stop?.height ?? 0).toBeGreaterThanOrEqual(44);
  });

  test("with nothing yet, it teaches the first step", async () => {
    const page = await app.open(await app.backend("empty"), "/");
    await settle(page);
    expect(await page.locator("main").innerText()).toContain("firebreak run --agent scout -- CMD");
    expect(await page.locator("main").innerText()).toContain("firebreak demo");
    expect(await axeViolations(page)).toEqual([]);
  });

  test("with everything well, it says so", async () => {
    const page = await app.open(await app.backend("calm"), "/");
    await settle(page);
    expect(await page.locator("[data-headline]").innerText()).toContain("Nothing is wrong · nothing is stopped");
    expect(await axeViolations(page)).toEqual([]);
  });
});

describe("O-2: the overview never says more than is true", () => {
  test("without an incident, a lost agent or a broken rule is still said", async () => {
    const backend = await app.backend("calm");
    const agent = backend.sample.agents[0];
    if (agent?.session) agent.session.state = "lost";
    backend.sample.ruleErrors.push({ file: "a.yml", line: 1, column: 1, message: "m", remedy: "r" });
    const page = await app.open(backend, "/");
    await settle(page);
    const headline = await page.locator("[data-headline]").innerText();
    expect(headline).toContain("No incident is open · 1 agent lost · 1 fault of Firebreak itself");
    expect(headline).not.toContain("Nothing is wrong");
  });
});

describe("O-2: lists are filtered by the URL", () => {
  test("incidents by state, severity and text", async () => {
    const page = await app.open(await app.backend(), "/incidents?state=all&severity=4");
    await settle(page);
    expect(await page.locator("[data-row]").allInnerTexts()).toEqual([expect.stringContaining("INC-2026-0039")]);
    await page.getByLabel("Severity").selectOption("");
    await page.getByLabel("Search").fill("librarian");
    await page.waitForURL("**/incidents?state=all&q=librarian");
    expect(await page.locator("[data-row]").allInnerTexts()).toEqual([expect.stringContaining("INC-2026-0041")]);
  });

  test("agents by text", async () => {
    const page = await app.open(await app.backend(), "/agents?q=lost");
    await settle(page);
    expect(await page.locator("[data-agent]").count()).toBe(1);
    expect(await page.locator("[data-agent=courier]").innerText()).toContain("Lost");
  });

  test("C-3: each agent says whether it can be stopped, and opened what is only observed", async () => {
    const page = await app.open(await app.backend(), "/agents");
    await settle(page);
    expect(await page.locator("[data-agent=imported-bot]").innerText()).toContain("Observed only");
    const scout = page.locator("[data-agent=scout]");
    await scout.getByText("Calls and processes can be stopped").click();
    expect(await scout.innerText()).toContain("claude-code: processes that a command left running");
    expect(await page.locator("[data-unseen=reviewer]").innerText()).toContain("Calls can be stopped");
    expect(await axeViolations(page)).toEqual([]);
  });
});
