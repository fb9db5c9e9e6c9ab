import { describe, expect, test } from "vitest";
import { axeViolations, DESKTOP, PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("E-7: the timeline", () => {
  test("shows what matters, and everything when asked; a wrong clock is said with both times", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0042");
    await settle(page);
    const timeline = page.getByRole("region", { name: "Timeline" });
    await timeline.locator(".entry-text", { hasText: "cat ~/.ssh/id_ed25519" }).waitFor();
    expect(await timeline.innerText()).not.toContain("ls -la");
    expect(await timeline.locator(".entry", { hasText: "drop.example" }).innerText()).toMatch(/clock said .+\(\+20m\)/);
    await timeline.getByText("1 source with a clock that differs").click();
    expect(await timeline.innerText()).toContain("gateway (scout) is 20m behind");
    await timeline.getByLabel("Show").selectOption("all");
    await timeline.locator(".entry-text", { hasText: "ls -la" }).waitFor();
    await timeline.getByLabel("Source").selectOption("gap");
    await timeline.locator(".entry-text", { hasText: "No heartbeat of supervisor" }).waitFor();
    expect(await timeline.locator(".entry").count()).toBe(1);
  });

  test("an entry is pinned, annotated and hidden; the server gets each as an act", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents/INC-2026-0042");
    await settle(page);
    const entry = page.locator(".entry", { hasText: "cat ~/.ssh/id_ed25519" });
    await entry.getByRole("button", { name: "More of this entry" }).click();
    await entry.getByRole("button", { name: "Pin" }).click();
    await entry.getByText("Pinned").waitFor();
    await entry.getByLabel("Annotation").fill("<b>the first sign</b>");
    await entry.getByRole("button", { name: "Annotate" }).click();
    await entry.getByText("<b>the first sign</b>").waitFor();
    await entry.getByRole("button", { name: "Hide" }).click();
    await entry.waitFor({ state: "detached" });
    expect(backend.acts.map(({ body }) => body)).toEqual([
      { ref: "event:1", act: "pin" },
      { ref: "event:1", act: "annotate", text: "<b>the first sign</b>" },
      { ref: "event:1", act: "hide" },
    ]);
  });

  test("an export comes as a download", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0042");
    await settle(page);
    await page.getByLabel("Export the timeline as").selectOption("markdown");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("timeline.md");
  });
});

describe("E-7: the impact", () => {
  test("says what it did, how sure that is and what it rests on; duties are suggestions", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0042?tab=impact");
    await settle(page);
    const panel = page.getByRole("tabpanel");
    const sent = panel.locator(".statement", { hasText: "5096 bytes" });
    expect(await sent.innerText()).toContain("Observed");
    await sent.locator("summary").click();
    expect(await sent.innerText()).toContain("evt-1");
    expect(await panel.locator(".statement", { hasText: "crontab" }).innerText()).toContain("Inferred");
    const duties = panel.getByRole("region", { name: "Duties that may have arisen" });
    expect(await duties.innerText()).toContain("no legal advice");
    expect(await duties.innerText()).toContain("due");
    await panel.getByText("4 connections as a list").click();
    expect(await panel.innerText()).toContain("scout contacted drop.example: observed, 3 events, 5096 bytes sent");
    expect(await panel.innerText()).toContain("10.0.0.9 (inside): attempted");
  });

  test.each([
    ["desktop", "light", ""],
    ["phone", "dark", ""],
    ["phone", "light", "?tab=impact"],
    ["desktop", "dark", "?tab=impact"],
  ] as const)("is accessible on the %s in %s%s", async (device, scheme, tab) => {
    const page = await app.open(await app.backend(), `/incidents/INC-2026-0042${tab}`, {
      size: device === "phone" ? PHONE : DESKTOP,
      scheme,
    });
    await settle(page);
    for (const summary of await page.getByRole("tabpanel").locator("summary:visible").all()) await summary.click();
    expect(await axeViolations(page)).toEqual([]);
    const width = await page.evaluate<number>(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    expect(width).toBe(0);
  });
});
