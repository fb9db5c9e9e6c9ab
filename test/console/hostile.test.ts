import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";
import { HOSTILE, poisonTexts } from "./sample-data.ts";

const app = useConsole();

const PATHS = [
  "/",
  "/incidents?state=all",
  "/incidents/INC-2026-0042",
  "/alerts",
  "/incidents/INC-2026-0042?tab=impact",
  "/incidents/INC-2026-0042?tab=alerts",
  "/incidents/INC-2026-0042?tab=evidence",
  "/incidents/INC-2026-0042?tab=actions",
  "/incidents/INC-2026-0042?tab=communications",
  "/incidents/INC-2026-0039?tab=review",
  "/killswitch",
  "/agents",
  "/agents/scout",
  "/explorer",
  "/sessions/ses_1",
  "/playbooks",
  "/runs/run_manual",
  "/runs/run_denied",
  "/playbooks/service-down",
  "/playbooks/service-down?view=graph",
  "/playbooks/service-down?view=source",
  "/rules",
  "/rules/replays",
  "/rules/replays/rpl_done",
  "/settings",
];

/** Whose answers are made hostile on their way. */
const POISONED_PATHS = [
  "/approvals",
  "/containment",
  "/actions",
  "/evidence",
  "/evidence/evd_1",
  "/indicators",
  "/audit-log",
  "/retention",
  "/drills",
];

async function expectPlainText(page: Page) {
  await settle(page);
  await expect.poll(() => page.locator("main").innerText()).toContain(HOSTILE.slice(0, 40));
  expect(await page.evaluate("window.__pwned")).toBeUndefined();
  expect(await page.locator("main img, main script, main iframe, main b").count()).toBe(0);
  expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(PHONE.width);
}

describe("O-2: what agents, rules and senders write stays text", () => {
  test.each(PATHS)("%s", async (path) => {
    await expectPlainText(await app.open(await app.backend("hostile"), path, { size: PHONE }));
  });

  test.each(POISONED_PATHS)("%s, in every text of every answer", async (path) => {
    const page = await app.open(await app.backend(), "/", { size: PHONE });
    await settle(page);
    // the stream of what changes never ends
    await page.route(/\/api\/v1\/(?!live$)/, async (route) => {
      const answer = await route.fetch();
      const isJson = answer.headers()["content-type"]?.includes("json") === true;
      await (isJson ? route.fulfill({ response: answer, json: poisonTexts(await answer.json()) }) : route.fallback());
    });
    await page.goto(new URL(path, page.url()).href);
    await expectPlainText(page);
  });

  test("the palette and the dialogs as well", async () => {
    const page = await app.open(await app.backend("hostile"), "/");
    await settle(page);
    await page.keyboard.press("Control+k");
    expect(await page.getByRole("dialog").innerText()).toContain("onerror");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Resume…" }).first().click();
    expect(await page.getByRole("dialog").innerText()).toContain("onerror");
    expect(await page.evaluate("window.__pwned")).toBeUndefined();
  });

  test("an answer of the wrong shape fails its page and nothing else", async () => {
    app.expectFaults(/is not a function/);
    const page = await app.open(await app.backend(), "/rules");
    await settle(page);
    await page.route(/\/api\/v1\/agents/, (route) => route.fulfill({ json: { items: "nonsense" } }));
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.getByRole("heading", { name: "This page failed" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("i");
    await page.getByRole("heading", { name: "Incidents" }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("a next step cannot lead away from the console", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/");
    await settle(page);
    await page.route("**/api/v1/overview", async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      await route.fulfill({
        json: {
          ...body,
          nextSteps: ["//evil.example", "javascript:alert(1)", "/\\evil.example"].map((href) => ({ text: href, href })),
        },
      });
    });
    backend.change("incident", "INC-2026-0042");
    const links = page.getByRole("region", { name: "What to do next" }).getByRole("link");
    await expect.poll(() => links.first().innerText()).toContain("evil");
    expect(await links.evaluateAll((found) => found.map((link) => link.getAttribute("href")))).toEqual(["/", "/", "/"]);
  });
});
