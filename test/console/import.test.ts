import { expect, test } from "vitest";
import { axeViolations, PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";
import { RUNBOOK } from "./sample-import.ts";

const app = useConsole();

test("P-2: a pasted runbook and its playbook stand side by side, and what belongs together lights up", async () => {
  const backend = await app.backend();
  const page = await app.open(backend, "/playbooks/import");
  await settle(page);
  const start = page.getByRole("button", { name: "Import", exact: true });
  expect(await start.getAttribute("title")).toContain("Paste a runbook");
  await page.getByLabel("Runbook in Markdown").fill(RUNBOOK);
  await start.click();
  const result = page.getByRole("region", { name: "Result of the import" });
  await result.waitFor();
  expect(backend.acts.at(-1)).toMatchObject({
    path: "POST /playbooks/import",
    body: { name: "runbook.md", markdown: RUNBOOK },
  });
  expect(await result.innerText()).toMatch(
    /1 must be mended[^]*Line 9: docker system prune[^]*1 part kept as notes[^]*Lines 3[^]*1 step added/,
  );
  const source = page.getByRole("list", { name: /The runbook/ });
  const yaml = page.getByRole("list", { name: "YAML of disk-full" });
  expect(await source.innerText()).toMatch(/df -h[^]*→ a step · look-at-the-disk · check.disk[^]*a person does it/);
  await source.locator(".import-lines", { hasText: "df -h" }).focus();
  expect(await yaml.locator("[data-lit]").allInnerTexts()).toEqual([
    "      - id: look-at-the-disk",
    "        title: Look at the disk",
    "        effector: check.disk",
  ]);
  await yaml.getByText("Make room").hover();
  expect(await source.locator("[data-lit]").innerText()).toContain("docker system prune");
  expect(await yaml.locator("[data-faulty]").innerText()).toContain("timeBox of step make-room is missing");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download disk-full.yaml" }).click();
  expect((await download).suggestedFilename()).toBe("disk-full.yaml");
  expect(await axeViolations(page)).toEqual([]);
});

test("a chosen file is read on a phone, and who may only look reads why not", async () => {
  const backend = await app.backend();
  const page = await app.open(backend, "/playbooks/import", { size: PHONE, role: "viewer" });
  await settle(page);
  const file = { name: "disk.md", mimeType: "text/markdown", buffer: Buffer.from(RUNBOOK) };
  await page.locator("input[type=file]").setInputFiles(file);
  await expect.poll(() => page.getByLabel("Runbook in Markdown").inputValue()).toBe(RUNBOOK);
  expect(await page.getByRole("button", { name: "Import", exact: true }).getAttribute("title")).toContain("responder");
  expect(await axeViolations(page)).toEqual([]);
  expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(PHONE.width);
});
