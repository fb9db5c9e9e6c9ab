import { describe, expect, test } from "vitest";
import { RUN_STATES, STEP_STATES, STOP_STATES } from "@firebreak/protocol";
import { STEP_WORDS, STOP_WORDS } from "../../packages/console/src/words.ts";
import { axeViolations, PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("O-2: the incident page", () => {
  test("clocks count down, and say breached and met in words", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0042");
    await settle(page);
    const clocks = page.locator("[data-clock]");
    expect(await clocks.filter({ hasText: "Respond" }).innerText()).toMatch(/breached 8m ago/);
    expect(await clocks.filter({ hasText: "Contain" }).innerText()).toMatch(/met in \d+s/);
    expect(await clocks.filter({ hasText: "Resolve" }).innerText()).toMatch(/3h 4\dm left/);
    expect(await page.locator(".incident-head").innerText()).toContain("proved after 84 ms");
  });

  test("on a phone one look tells what is wrong, what is stopped and what comes next", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents/INC-2026-0042", { size: PHONE });
    await settle(page);
    const bar = await page.getByRole("navigation", { name: "Main" }).boundingBox();
    const now = page.getByLabel("Now", { exact: true });
    expect(await now.innerText()).toMatch(
      /Stopped\s+Freeze\s+Agent scout\s+proved after 84 ms\s+Next\s+Acknowledge it: nobody has it/,
    );
    for (const part of [page.locator("h1"), now, page.getByRole("button", { name: "Stop scout…" })]) {
      const box = await part.boundingBox();
      expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThan(bar?.y ?? 0);
    }
    const filled = page.locator("main :is(.button-primary, .button-danger)");
    expect(await filled.allInnerTexts(), "one filled button: what comes next").toEqual(["Acknowledge"]);
    await now.getByRole("button").click();
    await page.getByRole("dialog").getByRole("button", { name: "Acknowledge" }).click();
    await now.getByRole("link", { name: /waits for/ }).click();
    await page.waitForURL("**/runs/**");
  });

  test("what comes next when a stop is not proved is to see what still runs", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0041");
    await settle(page);
    const now = page.getByLabel("Now", { exact: true });
    expect(await now.innerText()).toContain("the last one is not proved");
    const filled = page.locator("main :is(.button-primary, .button-danger)");
    expect(await filled.allInnerTexts(), "going further, not resolving").toEqual(["Stop librarian…"]);
    await now.getByRole("button", { name: /See what still runs/ }).click();
    await page.waitForURL("**/incidents/INC-2026-0041?tab=actions");
  });

  test("D-9: a storm says how many are in it, about what, what was decided, and who", async () => {
    const backend = await app.backend();
    const incident = backend.sample.incidents.find(({ id }) => id === "INC-2026-0040");
    if (incident === undefined) throw new Error("the sample has no such incident");
    incident.storm = {
      beganAt: incident.openedAt,
      lastJoinedAt: incident.updatedAt,
      endedAt: null,
      alerts: 750,
      agents: 120,
      rules: [
        { ruleId: "loop", title: "The same call with the same result", alerts: 700 },
        { ruleId: "turns", title: "Calls that take turns without end", alerts: 50 },
      ],
      decisions: [
        { state: "applied", agents: 10 },
        { state: "waiting", agents: 110 },
      ],
    };
    const page = await app.open(backend, "/incidents/INC-2026-0040", { size: PHONE });
    await settle(page);
    const storm = page.getByRole("region", { name: /Alert storm, still on/ });
    const text = await storm.innerText();
    expect(text).toMatch(/120 agents, 750 alerts/);
    expect(text).toMatch(/The same call with the same result \(700\)/);
    expect(text).toMatch(/110 agents\s+Waits for a person/);
    await storm.getByText("Agents in it (120)").click();
    await storm.getByRole("link", { name: "agent-0049" }).waitFor();
    await storm.getByRole("button", { name: "Show more agents" }).click();
    await storm.getByRole("link", { name: "agent-0099" }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  test("a running clock moves by itself", async () => {
    const backend = await app.backend();
    const incident = backend.sample.incidents.find(({ id }) => id === "INC-2026-0040");
    const soon = new Date(Date.now() + 4 * 60_000).toISOString();
    if (incident?.clocks[0]) incident.clocks[0] = { ...incident.clocks[0], dueAt: soon };
    const page = await app.open(backend, "/incidents/INC-2026-0040");
    await settle(page);
    const clock = page.locator("[data-clock=respond]");
    const first = await clock.innerText();
    expect(first).toMatch(/[34]m \d\ds left/);
    await expect.poll(() => clock.innerText(), { timeout: 5000 }).not.toBe(first);
  });

  test("acknowledge takes it and stops the respond clock; the button is gone then", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents/INC-2026-0042");
    await settle(page);
    await page.keyboard.press("a");
    await page
      .getByRole("dialog", { name: "Acknowledge INC-2026-0042" })
      .getByRole("button", { name: "Acknowledge" })
      .click();
    await page.getByText("Commander ada").waitFor();
    expect(await page.locator("[data-clock=respond]").innerText()).toContain("missed by");
    expect(await page.getByRole("button", { name: "Acknowledge", exact: true }).count()).toBe(0);
    expect(backend.acts.map((act) => act.path)).toEqual(["POST /incidents/INC-2026-0042/acknowledge"]);
  });

  test("resolve asks for a summary and warns of holds that stay", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents/INC-2026-0042");
    await settle(page);
    await page.getByRole("button", { name: "Resolve…" }).click();
    const dialog = page.getByRole("dialog", { name: "Resolve INC-2026-0042" });
    expect(await dialog.innerText()).toContain("1 hold of this incident stays in force");
    await dialog.getByLabel("Summary").fill("A retry loop; the cap is in place.");
    await dialog.getByRole("button", { name: "Resolve" }).click();
    await page.locator(".step[aria-current=step]", { hasText: "Resolved" }).waitFor();
    expect(backend.acts.at(-1)?.body).toEqual({ summary: "A retry loop; the cap is in place." });
  });

  test("a note goes onto the timeline; one that is refused stays in the field with the reason", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0042");
    await settle(page);
    const note = page.getByLabel("Note");
    await note.fill("error-503");
    await note.press("Control+Enter");
    await page.getByRole("alert").getByText("The database does not answer").waitFor();
    expect(await note.inputValue()).toBe("error-503");
    await note.fill("The owner is on the phone");
    await page.getByRole("button", { name: "Add note" }).click();
    await page.locator(".entry", { hasText: "The owner is on the phone" }).waitFor();
    expect(await note.inputValue()).toBe("");
  });

  test("every state of a stop's target has its own words", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0041?tab=actions");
    await settle(page);
    for (const state of STOP_STATES) {
      expect(await page.locator(`.target[data-state=${state}]`).innerText()).toContain(STOP_WORDS[state].label);
    }
    expect(await page.getByLabel("What remains of worker-4").innerText()).toContain("7311");
    expect(new Set(Object.values(STOP_WORDS).map((word) => word.label)).size).toBe(STOP_STATES.length);
  });

  test("every state of a step has its own words, and a run with exceptions does not read as completed", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0042?tab=actions");
    await settle(page);
    const run = page.getByRole("group", { name: "One step in every state" });
    for (const state of STEP_STATES)
      expect(await run.locator(`[data-state=${state}]`).innerText()).toContain(STEP_WORDS[state].label);
    expect(await run.innerText()).toContain("Completed with exceptions");
    expect(await run.innerText()).toContain("run it as root");
    expect(RUN_STATES).toContain("completed_with_exceptions");
  });

  test("a deny is not told as a stop that failed, and does not spoil the proof of the freeze", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0042?tab=actions");
    await settle(page);
    const text = await page.getByRole("tabpanel").innerText();
    expect(text).toContain("New calls are denied for 1 session");
    expect(text).toContain("what runs keeps running");
    expect(await page.locator(".incident-head").innerText()).toContain("proved after 84 ms");
  });

  test("a manual step is done by a person who says what they did", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents/INC-2026-0042?tab=actions");
    await settle(page);
    const task = page.getByRole("group", { name: "Ask the owner" });
    await task.getByLabel("What you did or saw").fill("Asked; restore it");
    await task.getByRole("button", { name: "Done", exact: true }).click();
    await task.waitFor({ state: "detached" });
    expect(backend.acts.at(-1)).toEqual({
      path: "POST /runs/run_1/steps/step-6/complete",
      body: { result: "done", note: "Asked; restore it", checked: [], captured: {} },
    });
  });

  test("E-2: evidence is verified on demand, and damage is named", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0042?tab=evidence");
    await settle(page);
    await page.getByRole("button", { name: "Verify" }).first().click();
    await page.getByText("Intact: 31 items checked against the signed manifest").waitFor();
    await page.getByRole("button", { name: "Verify" }).last().click();
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/Not intact[\s\S]*processes\.json/);
    expect(await axeViolations(page)).toEqual([]);
  });

  test("T-3: deliveries show their attempts, error and receipt; a failed one can be tried again", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents/INC-2026-0042?tab=communications");
    await settle(page);
    const text = await page.getByRole("tabpanel").innerText();
    for (const part of ["Delivered", "Receipt: 202 id=7f21", "Failed", "5 attempts", "ECONNREFUSED"])
      expect(text).toContain(part);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("It is being tried again").waitFor();
    expect(backend.acts.at(-1)?.path).toBe("POST /deliveries/dlv_2/retry");
  });

  test("L-1: a review is drafted and read as text with headings and tables", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents/INC-2026-0042?tab=review");
    await settle(page);
    const draft = page.getByRole("button", { name: "Draft the review" });
    expect(await draft.getAttribute("title")).toContain("Resolve the incident first");
    const resolved = await app.open(backend, "/incidents/INC-2026-0039?tab=review");
    await resolved.getByRole("heading", { name: /Review of INC-2026-0039/ }).waitFor();
    expect(await resolved.getByRole("cell", { name: "missed by 10 min" }).count()).toBe(1);
    expect(
      await resolved.locator(".prose a").evaluateAll((found) => found.map((link) => link.getAttribute("href"))),
    ).toEqual(["/incidents/INC-2026-0039"]);
    expect(await resolved.locator(".prose").innerText()).toContain("A prompt_template (escaped)");
    expect(await resolved.locator(".prose script").count()).toBe(0);
    expect(await resolved.locator(".prose").innerText()).toContain("<script>window.__pwned=1</script>");
  });

  test("a viewer sees everything and is told why each button is off", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0042", { role: "viewer" });
    await settle(page);
    for (const name of ["Stop scout…", "Acknowledge", "Resolve…", "Severity…", "Add note", "Resume…"]) {
      const button = page.getByRole("button", { name, exact: true });
      expect(await button.getAttribute("title")).toMatch(/needs the role \w+; yours is viewer/);
    }
  });

  test("an incident that does not exist or cannot be read says so with the remedy", async () => {
    const backend = await app.backend();
    const missing = await app.open(backend, "/incidents/INC-2026-9999");
    expect(await missing.getByRole("alert").innerText()).toMatch(
      /There is no incident INC-2026-9999\. List them with firebreak incident list/,
    );
    const broken = await app.open(backend, "/incidents/INC-2026-0500");
    expect(await broken.getByRole("alert").innerText()).toMatch(/Run firebreak doctor[\s\S]*req_fake/);
  });

  test("a person reports what no rule has found, in three fields", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents");
    await settle(page);
    await page.keyboard.press("n");
    const dialog = page.getByRole("dialog", { name: "Report an incident" });
    await dialog.getByLabel("What is wrong").fill("The price feed looks frozen");
    await dialog.getByRole("button", { name: "Report" }).click();
    await page.waitForURL("**/incidents/INC-2026-0043");
    expect(backend.acts.at(-1)?.body).toEqual({
      title: "The price feed looks frozen",
      severity: 2,
      type: "agent_runaway",
    });
  });
});
