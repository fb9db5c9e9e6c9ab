import { describe, expect, test } from "vitest";
import { axeViolations, DESKTOP, PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();
const HOLD = "lgh_01KDY8M3T0XV5C8QJ2N4R6W9ZB";
const NOTICE = "ntc_01KDY8M3T0XV5C8QJ2N4R6W9ZB";

describe("O-6: retention in the console", () => {
  test("shows the policy, what goes next, what is held, and what failed", async () => {
    const page = await app.open(await app.backend(), "/retention");
    await settle(page);
    const main = await page.locator("main").innerText();
    for (const said of [
      "could not archive metrics",
      "86.1 % full",
      "Case 2026-17",
      "INC-2026-0042",
      "1204 held",
      "s3://evidence/firebreak",
    ]) {
      expect(main).toContain(said);
    }
    expect(await page.getByRole("row", { name: /audit/ }).innerText()).toMatch(/2 years\s+5 years\s+never/);
    expect(await page.locator(`[data-notice="${NOTICE}"]`).innerText()).toContain("120,400 rows");
  });

  test("a hold is applied with its case, scope and reason, and its release is asked of a second person", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/retention");
    await page.getByRole("button", { name: "Apply…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Case").fill("2026-19");
    await dialog.getByLabel("What is held").selectOption("agent");
    await dialog.getByLabel("Its name or id").fill("scout");
    await dialog.getByLabel("First day").fill("2026-03-01");
    await dialog.getByLabel("Why").fill("asked by the court");
    await dialog.getByRole("button", { name: "Apply" }).click();
    await dialog.waitFor({ state: "hidden" });
    const from = "2026-02-28T23:00:00.000Z"; // midnight in Berlin
    const body = { caseId: "2026-19", scope: "agent", target: "scout", from, to: null, reason: "asked by the court" };
    expect(backend.acts).toContainEqual({ path: "POST /legal-holds", body });
    await page.locator(`[data-legal-hold="${HOLD}"]`).getByRole("button", { name: "Release…" }).click();
    await dialog.getByLabel("Why").fill("it is settled");
    await dialog.getByRole("button", { name: "Ask for the release" }).click();
    await dialog.waitFor({ state: "hidden" });
    const path = `POST /legal-holds/${HOLD}/release`;
    expect(backend.acts).toContainEqual({ path, body: { reason: "it is settled", alone: false } });
    await page.locator(`[data-legal-hold="${HOLD}"]`).getByText("Release asked").waitFor();
  });

  test("an announced deletion is put off with a reason, by whoever may", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/retention");
    await page.locator(`[data-notice="${NOTICE}"]`).getByRole("button", { name: "Put off…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Why").fill("the auditors come");
    await dialog.getByRole("button", { name: "Put off" }).click();
    await dialog.waitFor({ state: "hidden" });
    const path = `POST /retention/notices/${NOTICE}/cancel`;
    expect(backend.acts).toContainEqual({ path, body: { reason: "the auditors come" } });
    await page.locator(`[data-notice="${NOTICE}"]`).waitFor({ state: "detached" });
  });

  test("E-8: a person is looked for, what was found is shown, and its erasure is asked of a second person", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/retention");
    const row = page.locator('[data-person-erasure="pse_01KDY8M3T0XV5C8QJ2N4R6W9ZB"]');
    expect(await row.innerText()).toMatch(/events\s+214\s+0\s+12\s+Why they stay: held by case 2026-17/);
    await page.getByRole("button", { name: "Look for…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("E-mail addresses").fill("jane@example.org\nu-20871");
    await dialog.getByLabel("Why").fill("GDPR request 12");
    await dialog.getByRole("button", { name: "Look", exact: true }).click();
    await dialog.waitFor({ state: "hidden" });
    const body = { values: ["jane@example.org", "u-20871"], patterns: [], also: [], reason: "GDPR request 12" };
    expect(backend.acts).toContainEqual({ path: "POST /person-erasures", body });
    await row.getByRole("button", { name: "Erase…" }).click();
    await dialog.getByRole("button", { name: "Ask for the erasure" }).click();
    await dialog.waitFor({ state: "hidden" });
    const path = "POST /person-erasures/pse_01KDY8M3T0XV5C8QJ2N4R6W9ZB/carry-out";
    expect(backend.acts).toContainEqual({ path, body: { alone: false } });
    await row.getByText("Approval asked").waitFor();
  });

  test("with nothing held and nothing old it teaches what the page is for; its dialog fits a phone", async () => {
    for (const [scheme, size] of [
      ["light", DESKTOP],
      ["dark", PHONE],
    ] as const) {
      const page = await app.open(await app.backend("empty"), "/retention", { scheme, size });
      await settle(page);
      expect(await page.locator("main").innerText()).toContain("Nothing is held for a case");
      await page.getByRole("button", { name: "Apply…" }).click();
      await page.getByRole("dialog").waitFor();
      await settle(page);
      expect(await axeViolations(page)).toEqual([]);
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(size.width);
    }
  });
});
