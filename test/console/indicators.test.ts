import { describe, expect, test } from "vitest";
import { settle } from "./browser.ts";
import { expectReadable } from "./every-mode.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("E-6: indicators in the console", () => {
  test.each([
    ["/indicators", "busy", "Indicators"],
    ["/indicators", "empty", "Indicators"],
    ["/indicators/scans/isc_running", "busy", "All stored events"],
    ["/indicators/scans/isc_done", "busy", "/var/log"],
  ] as const)("%s (%s) reads well and fits", async (path, scenario, heading) => {
    const page = await app.open(await app.backend(scenario), path);
    await settle(page);
    expect(await page.locator("h1").first().innerText()).toContain(heading);
    await expectReadable(page);
  });

  test("a list is taken, and what was refused is named; a report is looked through first", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/indicators");
    await settle(page);
    await page.getByLabel("Values").fill("evil.example");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByText("2 added, 1 renewed, 1 refused").waitFor();
    expect(await page.getByText("line 4: nonsense").count()).toBe(1);
    await page.getByLabel("What it is").selectOption("report");
    await page.getByLabel("Text").fill("see evil[.]example");
    await page.getByRole("button", { name: "Look for indicators" }).click();
    await page.getByRole("button", { name: "Add the 1 defanged" }).click();
    await page.getByText("2 added, 1 renewed, 0 refused").waitFor();
    expect(backend.acts.map(({ path, body }) => [path, body["type"] ?? body["format"], body["values"]])).toEqual([
      ["POST /indicators/import", "text", undefined],
      ["POST /indicators/extract", undefined, undefined],
      ["POST /indicators", "domain", ["evil.example"]],
    ]);
  });

  test("what is taken off the list says before what that touches, and an exception is no praise", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/indicators");
    await settle(page);
    const row = (value: string) => page.getByRole("listitem").filter({ hasText: value });
    await row("evil.example").getByRole("button", { name: "Remove…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/Its 3 alerts stay, 2 of them open/).waitFor();
    expect(backend.acts).toEqual([]);
    await expectReadable(page);
    await dialog.getByRole("button", { name: "Remove" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(backend.acts.map(({ path }) => path)).toEqual(["DELETE /indicators/ind_1"]);
    expect(await row("example.org").innerText()).toContain("Exception, not reported");
    expect(await row("example.org").locator(".badge.tone-ok").count()).toBe(0);
    await row("example.org").getByRole("button", { name: "Remove…" }).click();
    await dialog.getByText("12 listed indicators may be reported again").waitFor();
    expect(await dialog.innerText()).toMatch(/evil\.example[^]*and 11 more/);
  });

  test("a scan is asked for, followed, cancelled, and made alerts of", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/indicators");
    await settle(page);
    await page.getByLabel("Look for all of them in").selectOption("all");
    await page.getByRole("button", { name: "Scan" }).click();
    await page.waitForURL("**/indicators/scans/isc_running");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled").first().waitFor();
    await page.getByRole("button", { name: "Make alerts" }).click();
    await page.getByText("1 alert", { exact: true }).waitFor();
    expect(backend.acts.map(({ path }) => path)).toEqual([
      "POST /indicators/scans",
      "POST /indicators/scans/isc_running/cancel",
      "POST /indicators/scans/isc_running/alert",
    ]);
  });
});
