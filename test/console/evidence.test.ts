import { describe, expect, test } from "vitest";
import { axeViolations, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("E-3: evidence in the console", () => {
  test("the list says how complete each archive is, and narrows by the address", async () => {
    const page = await app.open(await app.backend(), "/evidence?agent=scout");
    const row = page.locator('[data-archive="evd_1"]');
    expect(await row.innerText()).toContain("29 whole, 1 in part, 1 not had");
    // one verdict: how the files lie on the disk is said beside it, and is none
    expect(await row.locator(".badge").allInnerTexts()).toEqual(["Not verified yet"]);
    expect(await row.innerText()).toContain("locked on disk");
    expect(await page.getByText("Of agent scout.").count()).toBe(1);
    await row.getByRole("link", { name: "Before the kill of scout" }).click();
    await page.getByRole("heading", { name: "Before the kill of scout" }).waitFor();
  });

  test("an archive that was touched is said not to be intact, and where", async () => {
    const page = await app.open(await app.backend(), "/evidence/evd_broken");
    await page.getByRole("button", { name: "Verify" }).click();
    const notice = page.getByRole("alert");
    await notice.waitFor();
    expect(await notice.innerText()).toContain("processes.json");
  });

  test("looking at an item shows text and runs nothing of it", async () => {
    const page = await app.open(await app.backend(), "/evidence/evd_1");
    await page.getByRole("button", { name: /^Look at workspace/ }).click();
    const content = page.getByLabel(/^Content of workspace/);
    await content.waitFor();
    expect(await content.innerText()).toContain("<script>document.title = 'owned'</script>");
    expect(await content.locator("img, script").count()).toBe(0);
    expect(await page.title()).not.toContain("owned");
    await settle(page);
    expect(await axeViolations(page)).toEqual([]);
  });

  test("an item that could not be had says why and cannot be looked at", async () => {
    const page = await app.open(await app.backend(), "/evidence/evd_1");
    const row = page.locator('[data-item="3"]');
    expect(await row.innerText()).toContain("gcore is not installed");
    expect(await row.getByRole("button").getAttribute("aria-disabled")).toBe("true");
    expect(await row.getByRole("link").count()).toBe(0);
  });

  test("a handover is recorded with whom and why", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/evidence/evd_1");
    await page.getByRole("button", { name: "Hand over…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Handed to").fill("Court of Essen");
    await dialog.getByLabel("Why").fill("order 12 C 34");
    await dialog.getByRole("button", { name: "Record" }).click();
    await dialog.waitFor({ state: "hidden" });
    const body = { to: "Court of Essen", reason: "order 12 C 34" };
    expect(backend.acts).toContainEqual({ path: "POST /evidence/evd_1/transfers", body });
  });

  test("a viewer may verify, and is told who may look, export and hand over", async () => {
    const page = await app.open(await app.backend(), "/evidence/evd_1", { role: "viewer" });
    for (const name of ["Export…", "Hand over…", "Look at process-tree.json"]) {
      expect(await page.getByRole("button", { name }).getAttribute("aria-disabled")).toBe("true");
    }
    expect(await page.getByRole("button", { name: "Verify" }).getAttribute("aria-disabled")).toBeNull();
  });
});
