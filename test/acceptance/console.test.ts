import { incidentDetail, incidentSummary, pageOf } from "@firebreak/protocol";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { axeViolations, launchBrowser, openPage, PHONE, settle } from "../console/browser.ts";
import type { OpenPage } from "../console/browser.ts";
import { Installation } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

describe("O-2: the console on the real server", () => {
  let installation: Installation;
  let browser: Browser;
  let open: OpenPage;
  let page: Page;
  let incidentId: string;

  beforeAll(async () => {
    installation = new Installation();
    await installation.startServer();
    installation.startRogueAgent(["--calm-ms", "300"]);
    incidentId = await waitFor("the incident to be contained", 60_000, async () => {
      const { items } = await installation.call(pageOf(incidentSummary), "GET", "/incidents?limit=1");
      const [first] = items;
      if (first === undefined) return undefined;
      const detail = await installation.call(incidentDetail, "GET", `/incidents/${first.id}`);
      return detail.runs[0]?.state === "completed" ? first.id : undefined;
    });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await open?.close();
    await browser.close();
    await installation.close();
  });

  test("a one-time link signs the owner in, and he chooses a password", async () => {
    const { url } = await installation.call(z.object({ url: z.string() }), "POST", "/sign-in/links", {});
    open = await openPage(browser, url, { role: "nobody" });
    ({ page } = open);
    await page.getByRole("heading", { name: "Choose a password" }).waitFor();
    await page.getByLabel("New password").fill("correct horse battery");
    await page.getByLabel("The same again").fill("correct horse battery");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect(page.url()).toBe(`${installation.url}/`);
  });

  test("the overview says what is wrong, what is stopped and what to do next", async () => {
    await settle(page);
    const text = await page.locator("main").innerText();
    expect(text).toContain(incidentId);
    expect(text).toContain("SEV-1");
    expect(text).toMatch(/scout/);
    expect(text).toContain(`Acknowledge ${incidentId}`);
  });

  test("the incident's page shows the verified stop, and acknowledging stops the response clock live", async () => {
    await page.goto(`${installation.url}/incidents/${incidentId}`);
    await settle(page);
    await page
      .getByText(/verified/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Acknowledge" }).first().click();
    const dialog = page.getByRole("dialog", { name: `Acknowledge ${incidentId}` });
    await dialog.getByRole("button", { name: "Acknowledge" }).click();
    await page.getByText("Acknowledged by owner").first().waitFor();
    const detail = await installation.call(incidentDetail, "GET", `/incidents/${incidentId}`);
    expect(detail.acknowledgedAt).not.toBeNull();
  });

  test("P-1: a shipped playbook is read, previewed, and its run on the incident seen to have completed", async () => {
    await page.goto(`${installation.url}/playbooks/rogue-agent`);
    await settle(page);
    expect(await page.locator("#step-kill").innerText()).toContain("Destroys evidence");
    await page.getByRole("button", { name: "Start…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("For the incident").fill(incidentId);
    await dialog.getByLabel("agentId").fill("scout");
    await dialog.getByRole("button", { name: "Show what it would do" }).click();
    const preview = dialog.getByRole("region", { name: "What would happen" });
    expect(await preview.innerText()).toContain("nothing has happened yet");
    await page.keyboard.press("Escape");
    await page.goto(`${installation.url}/incidents/${incidentId}?tab=actions`);
    await settle(page);
    await page.getByRole("link", { name: "Open the run" }).click();
    await page.waitForURL("**/runs/run_*");
    await settle(page);
    expect(await page.locator(".verdict").innerText()).toMatch(/^Completed\s+Every step that was needed succeeded/);
  });

  test("every page is free of script faults and, for axe, of barriers, on a desktop and a phone", async () => {
    const addresses = [
      "/",
      "/incidents",
      `/incidents/${incidentId}`,
      "/killswitch",
      "/agents",
      "/playbooks",
      "/rules",
      "/settings",
    ];
    for (const size of [PHONE, { width: 1280, height: 800 }]) {
      await page.setViewportSize(size);
      for (const address of addresses) {
        await page.goto(`${installation.url}${address}`);
        await settle(page);
        expect({ address, violations: await axeViolations(page) }).toEqual({ address, violations: [] });
      }
    }
    expect(open.faults).toEqual([]);
  });
});
