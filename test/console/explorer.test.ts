import { describe, expect, test } from "vitest";
import { axeViolations, PHONE, settle } from "./browser.ts";
import { eventsOf } from "./fake-explorer.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("E-5: the explorer", () => {
  test("finds by words, facets and time, and keeps all of it in the address", async () => {
    const page = await app.open(await app.backend(), "/explorer");
    await settle(page);
    const rows = page.locator("[data-event]");
    expect(await rows.count()).toBe(50);
    await page.getByRole("button", { name: /^denied/ }).click();
    await page.waitForURL("**/explorer?outcome=denied");
    await expect.poll(() => rows.count()).toBe(9);
    await page.getByRole("button", { name: /^failure/ }).waitFor({ state: "detached" });
    await page.getByLabel("Words").fill("build-3 ");
    await page.getByLabel("Words").press("Enter");
    await page.waitForURL("**/explorer?outcome=denied&text=build-3");
    await expect.poll(() => rows.count()).toBe(3);
    await page.getByRole("button", { name: "Take off: outcome denied" }).click();
    await page.waitForURL("**/explorer?text=build-3");
    await page.getByLabel("Time", { exact: true }).selectOption("60");
    await page.waitForURL("**/explorer?text=build-3&range=60");
    await page.getByLabel("Words").fill("nothing like it");
    await page.getByLabel("Words").press("Enter");
    await page.getByText("No event matches").waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  test("zooms into the histogram by dragging and by the keyboard", async () => {
    const page = await app.open(await app.backend(), "/explorer?range=60");
    await settle(page);
    const plot = page.getByRole("slider", { name: "Events over time" });
    const { width } = (await plot.boundingBox()) ?? { width: 0 };
    // what comes above it may still move it: `hover` waits until it stands
    await plot.hover({ position: { x: width * 0.5, y: 20 } });
    await page.mouse.down();
    await plot.hover({ position: { x: width * 0.75, y: 20 }, force: true });
    await page.mouse.up();
    await page.waitForURL(/since=.*until=/);
    const dragged = new URL(page.url()).searchParams;
    const spanMs = Date.parse(dragged.get("until") ?? "") - Date.parse(dragged.get("since") ?? "");
    expect(spanMs).toBeGreaterThan(10 * 60_000);
    expect(spanMs).toBeLessThan(24 * 60_000);
    await page.goBack();
    await page.waitForURL("**/explorer?range=60");
    await plot.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("Shift+ArrowRight");
    expect(await plot.getAttribute("aria-valuetext")).toMatch(/ to .*: \d+ events?$/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/since=.*until=/);
    const typed = new URL(page.url()).searchParams;
    expect(Date.parse(typed.get("until") ?? "") - Date.parse(typed.get("since") ?? "")).toBe(6 * 60_000);
  });

  test("opens one event, leads on to its session, run, alert and incident, and proves it", async () => {
    const page = await app.open(await app.backend(), "/explorer");
    await settle(page);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/explorer?event=1000");
    const drawer = page.getByRole("dialog", { name: "Event 1000" });
    await drawer.getByText("Destructive command").waitFor();
    const text = await drawer.innerText();
    expect(text).toContain("rm -rf build-0 && echo done");
    expect(text).toContain("1 × KEY (github_token) in /data/token");
    expect(await drawer.getByRole("link", { name: "INC-2026-0042" }).getAttribute("href")).toBe(
      "/incidents/INC-2026-0042",
    );
    expect(await drawer.getByRole("link", { name: "ses_1: replay" }).getAttribute("href")).toBe(
      "/sessions/ses_1?event=1000",
    );
    await drawer.getByRole("button", { name: "Prove it is in the log" }).click();
    await drawer.getByText("Entry 1001 of the log").waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await drawer.getByRole("link", { name: "run-7" }).click();
    await page.waitForURL("**/explorer?run=run-7");
  });

  test("narrows to a value of an event's record, or leaves it out, beside what is asked already", async () => {
    const page = await app.open(await app.backend(), "/explorer?path=data.tool_name%3Dshell&event=1000");
    await settle(page);
    const drawer = page.getByRole("dialog", { name: "Event 1000" });
    await drawer.getByText("Narrow by a field").click();
    expect(await axeViolations(page)).toEqual([]);
    await drawer.getByRole("button", { name: "Without data.nested.deep=value" }).click();
    await page.waitForURL((url) => !url.searchParams.has("event"));
    const { searchParams } = new URL(page.url());
    expect(searchParams.get("path")).toBe("data.tool_name=shell\ndata.nested.deep!=value");
  });

  test("follows live until it is paused, and pages back", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/explorer");
    await settle(page);
    await page.getByRole("button", { name: "Follow live" }).click();
    await page.waitForURL("**/explorer?follow=1");
    const [newest] = eventsOf(backend.sample);
    if (newest !== undefined) backend.sample.fresh.push({ ...newest, seq: 2000, data: { command: "something new" } });
    await page.locator("[data-event='2000']").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Older" }).click();
    await page.waitForURL("**/explorer?after=1.950");
    await page.getByRole("button", { name: "Newest" }).click();
    await page.locator("[data-event='2000']").waitFor();
    expect(await page.getByRole("button", { name: "Follow live" }).getAttribute("aria-pressed")).toBe("false");
  });

  test("saves a view, takes one, and exports with a reason", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/explorer?outcome=denied");
    await settle(page);
    await page.getByRole("button", { name: "More with these events" }).click();
    await page.getByRole("menuitem", { name: "Save view…" }).click();
    const save = page.getByRole("dialog", { name: "Save this view" });
    expect(await save.innerText()).toContain("firebreak events list --outcome denied");
    await save.getByLabel("Name").fill("What was denied");
    await save.getByRole("radio", { name: "For everybody" }).check();
    expect(await axeViolations(page)).toEqual([]);
    await save.getByRole("button", { name: "Save", exact: true }).click();
    await save.waitFor({ state: "detached" });
    // the span up to now is not a part of it
    expect(backend.sample.views.at(-1)?.filters).toEqual({ outcome: "denied" });
    await page.getByLabel("Saved view").selectOption({ label: "Risky shells (bob)" });
    await page.waitForURL(/explorer\?.*risk=high%2Ccritical/);
    expect(new URL(page.url()).searchParams.has("outcome")).toBe(false);
    await page.getByRole("button", { name: "More with these events" }).click();
    await page.getByRole("menuitem", { name: "Export…" }).click();
    const dialog = page.getByRole("dialog", { name: "Export events" });
    await dialog.getByRole("radio", { name: /^CSV/ }).check();
    expect(await dialog.getByRole("button", { name: "Prepare" }).getAttribute("title")).toContain("Say why");
    await dialog.getByLabel("Why").fill("for the auditor");
    await dialog.getByRole("button", { name: "Prepare" }).click();
    const link = dialog.getByRole("link", { name: "Save exp_1.csv" });
    expect(await link.getAttribute("href")).toBe("/api/v1/exports/exp_1/content");
    const [made] = backend.sample.exports;
    if (made !== undefined)
      Object.assign(made, {
        state: "done",
        events: 9,
        bytes: 2048,
        sha256: "ab".repeat(32),
        manifest: "firebreak-export/v1\n",
      });
    await dialog.getByRole("link", { name: "Save the signed manifest" }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(backend.acts).toMatchObject([
      { path: "POST /views", body: { name: "What was denied", shared: true, filters: { outcome: "denied" } } },
      { path: "POST /exports", body: { format: "csv", reason: "for the auditor", filters: { risk: "high,critical" } } },
    ]);
  });

  test("says when the search was cut off, and when it failed", async () => {
    const page = await app.open(await app.backend(), "/explorer?text=slow");
    await settle(page);
    await page.getByText("The search took too long and was cut off").waitFor();
    await page.getByRole("button", { name: "Search on" }).click();
    await page.waitForURL("**/explorer?text=slow&after=1.1");
    await page.getByLabel("Words").fill("error-503");
    await page.getByLabel("Words").press("Enter");
    await page.getByRole("alert").first().waitFor();
    expect(await page.getByRole("alert").first().innerText()).toContain("The database does not answer");
  });

  test("what others write stays text, on a phone as well", async () => {
    const page = await app.open(await app.backend("hostile"), "/explorer?event=1000", { size: PHONE });
    await settle(page);
    const drawer = page.getByRole("dialog", { name: "Event 1000" });
    await drawer.getByText("␛[2J‹U+202E›").first().waitFor();
    expect(await page.locator("body").innerText()).not.toContain("\u202e");
    expect(await page.locator("#root img, [role=dialog] img, [role=dialog] b").count()).toBe(0);
    expect(await page.evaluate("window.__pwned")).toBeUndefined();
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(PHONE.width);
    expect(await axeViolations(page)).toEqual([]);
  });

  test("a viewer may look and save views, and reads why he may not export or prove", async () => {
    const page = await app.open(await app.backend(), "/explorer?event=1000", { role: "viewer" });
    await settle(page);
    const prove = page.getByRole("button", { name: "Prove it is in the log" });
    expect(await prove.getAttribute("title")).toContain("role admin");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "More with these events" }).click();
    expect(await page.getByRole("menuitem", { name: "Export…" }).getAttribute("title")).toContain("role responder");
  });
});
