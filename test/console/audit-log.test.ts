import { describe, expect, test } from "vitest";
import { settle } from "./browser.ts";
import { expectReadable } from "./every-mode.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("E-4: the audit log in the console", () => {
  test("says how large it is, when it was checked, and where it is kept outside", async () => {
    const page = await app.open(await app.backend(), "/audit-log");
    await settle(page);
    const main = await page.locator("main").innerText();
    for (const said of [
      "48,213",
      "As it was signed",
      "47,020 entries",
      "12,800 of 48,213",
      "Not up to date: collector",
    ]) {
      expect(main).toContain(said);
    }
    const collector = await page.locator("[data-shipment=collector]").innerText();
    for (const said of ["HTTP", "Failing", "Late", "keep.example answered 503", "that SHIP_SECRET is set"]) {
      expect(collector).toContain(said);
    }
    expect(await page.locator("[data-shipment=disk]").innerText()).toMatch(
      /On schedule[^]*48,000 entries[^]*213 entries since/,
    );
    expect(await page.locator("[data-shipment=bucket]").innerText()).toContain("Nothing there yet");
    expect(await page.locator('[data-witness="witness.example/w1"]').innerText()).toContain("Vouches");
    await page.getByText("The signed checkpoint and the key").click();
    await expectReadable(page);
  });

  test("ships when it is asked to, and says where it did not get to", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/audit-log");
    await page.getByRole("button", { name: "Ship now" }).click();
    await page.getByRole("alert").getByText("It did not get to collector").waitFor();
    expect(backend.acts).toEqual([{ path: "POST /audit/ship", body: {} }]);
    await page.locator("[data-shipment=bucket]").getByText("On schedule").waitFor();
  });

  test("with nobody outside it teaches how a place and a witness are added", async () => {
    const page = await app.open(await app.backend("empty"), "/audit-log");
    await settle(page);
    const main = await page.locator("main").innerText();
    for (const said of ["checked against itself only", "kind: file", "witnessesRequired: 1"]) {
      expect(main).toContain(said);
    }
    expect(main).toMatch(/Not proved\s+The log was not replaced as a whole/);
    expect(main).not.toContain("Intact");
    await expectReadable(page);
  });

  test("a log that was changed, or a witness that saw another, is said before anything else", async () => {
    const backend = await app.backend("calm");
    const page = await app.open(backend, "/audit-log");
    await page.getByText("Nothing speaks against this log").waitFor();
    const log = backend.sample.auditLog;
    for (const witness of log.witnessed?.witnesses ?? []) {
      Object.assign(witness, {
        contradicts: true,
        problem: "it saw 50000 entries",
        remedy: "Run `firebreak audit verify`.",
      });
    }
    await page.reload();
    await page.getByRole("alert").getByText("witness.example/w1 saw another history of this log").waitFor();
    log.lastCheck = { at: log.signedAt, intact: false, entries: 9, findings: ["entry 7 was changed"] };
    await page.reload();
    expect(await page.getByRole("alert").innerText()).toMatch(/not as it was written[^]*entry 7 was changed/);
    await expectReadable(page);
  });

  test("E-5: finds who did what, page by page, and proves an act", async () => {
    const page = await app.open(await app.backend("calm"), "/audit-log?action=legal_hold.");
    const acts = page.locator("[data-act]");
    await page.locator('[data-act="60"]').waitFor();
    expect(await acts.count()).toBe(30);
    await page.getByLabel("Act", { exact: true }).fill("");
    await page.getByLabel("Act", { exact: true }).press("Enter");
    await page.locator('[data-act="59"]').waitFor();
    expect(await acts.count()).toBe(50);
    await page.getByRole("button", { name: "Show older" }).click();
    await page.locator('[data-act="1"]').waitFor();
    expect(await acts.count()).toBe(60);
    const first = acts.first();
    await first.getByText("What was recorded").click();
    await first.getByRole("button", { name: "Show all" }).click();
    expect(await first.innerText()).toContain("<b>claim</b>");
    await first.getByRole("button", { name: "Prove it is in the log" }).click();
    await first.getByText("Entry 61 of the log").waitFor();
    await expectReadable(page);
    await page.getByLabel("Who", { exact: true }).fill("nobody");
    await page.getByLabel("Who", { exact: true }).press("Enter");
    await page.getByText("No act matches").waitFor();
    expect(new URL(page.url()).searchParams.get("actor")).toBe("nobody");
  });

  test("who may not read it is told who may", async () => {
    const page = await app.open(await app.backend(), "/audit-log", { role: "viewer" });
    await settle(page);
    expect(await page.locator("main").innerText()).toContain("needs the role admin");
    await expectReadable(page);
  });
});
