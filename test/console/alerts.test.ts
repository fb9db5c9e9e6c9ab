import { describe, expect, test } from "vitest";
import { settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("D-9: the page of alerts", () => {
  test("says what became of each alert and why, and filters by the URL", async () => {
    const page = await app.open(await app.backend(), "/alerts");
    await settle(page);
    const held = page.locator("[data-alert=alr_held]");
    expect(await held.innerText()).toContain("held by the silence sil_1");
    await held.getByText("Why it became so").click();
    expect(await held.locator("ol").innerText()).toContain("the first alert of its key");
    await page.getByLabel("Became").selectOption("incident");
    await page.waitForURL("**/alerts?became=incident");
    await expect.poll(() => page.locator("[data-alert=alr_held]").count()).toBe(0);
    await page.getByRole("link", { name: "INC-2026-0042" }).first().click();
    await page.waitForURL("**/incidents/INC-2026-0042");
  });

  test("mutes only after it has shown what would be muted, and asks again when it is nearly everything", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/alerts");
    await settle(page);
    await page.getByRole("button", { name: "Mute…" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Mute alerts" });
    await dialog.getByLabel("Why").fill("moving the database");
    await dialog.getByLabel("Which alerts").fill('team="db"');
    await dialog.getByText("Mutes 1 of").waitFor();
    await dialog.getByLabel("Which alerts").fill('alertname=~".+"');
    await dialog.getByText("Careful: no condition names anything").waitFor();
    const mute = dialog.getByRole("button", { name: "Mute", exact: true });
    expect(await mute.getAttribute("title")).toBe("Confirm that nearly everything is to be muted.");
    await dialog.getByLabel("Mute nearly everything").check();
    await mute.click();
    await expect
      .poll(() => backend.acts.find(({ path }) => path === "POST /silences")?.body)
      .toMatchObject({
        kind: "silence",
        match: 'alertname=~".+"',
        reason: "moving the database",
        muteEverything: true,
      });
  });

  test("takes an alert, resolves it, and ends a silence with a reason", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/alerts");
    await settle(page);
    const held = page.locator("[data-alert=alr_held]");
    await held.getByRole("button", { name: "Take it" }).click();
    await held.getByText("With ada").waitFor();
    await held.getByRole("button", { name: "Resolve…" }).click();
    await page.getByRole("dialog").getByLabel("Why").fill("rebooted");
    await page.getByRole("dialog").getByRole("button", { name: "Resolve" }).click();
    await expect.poll(() => page.locator("[data-alert=alr_held]").count()).toBe(0);
    await page.locator("[data-silence=sil_1]").getByRole("button", { name: "End it…" }).click();
    await page.getByRole("dialog").getByLabel("Why").fill("done early");
    await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
    await page.getByText("Nothing is muted").waitFor();
    expect(backend.acts.map(({ path }) => path)).toEqual([
      "POST /alerts/alr_held/acknowledge",
      "POST /alerts/alr_held/resolve",
      "POST /silences/sil_1/expire",
    ]);
  });

  test("a viewer sees why he may not act", async () => {
    const page = await app.open(await app.backend(), "/alerts", { role: "viewer" });
    await settle(page);
    expect(await page.getByRole("button", { name: "Mute…" }).first().getAttribute("aria-disabled")).toBe("true");
  });
});
