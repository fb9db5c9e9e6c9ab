import { describe, expect, test } from "vitest";
import { axeViolations, DESKTOP, PHONE, settle } from "./browser.ts";
import { REVEALED } from "./fake-originals.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

interface Screen {
  readonly size?: typeof DESKTOP | typeof PHONE;
  readonly scheme?: "light" | "dark";
}

async function openAlert(screen: Screen = {}) {
  const backend = await app.backend();
  const alert = backend.sample.incidents[0]?.alerts[0];
  if (alert !== undefined) alert.sentence = "scout wrote to [REDACTED: EMAIL].";
  const page = await app.open(backend, "/incidents/INC-2026-0042", screen);
  await settle(page);
  await page.getByRole("tab", { name: /Alerts/ }).click();
  await page.getByText("What it saw").first().click();
  return { backend, page };
}

describe("E-8: what was redacted is revealed in the console", () => {
  test("shows what was kept and erased first, asks why, and shows the values once and harmless", async () => {
    const { backend, page } = await openAlert();
    await page.getByRole("button", { name: "Reveal in evt_1…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("kept for 30 days").waitFor();
    const button = dialog.getByRole("button", { name: "Reveal", exact: true });
    expect(await button.getAttribute("title")).toMatch(/Write a reason/);
    await dialog.getByLabel("Why").fill("whom did it write to");
    await button.click();
    await dialog.getByText("Shown once and kept nowhere").waitFor();
    expect(backend.acts).toContainEqual({
      path: "POST /events/evt_1/reveal",
      body: { reason: "whom did it write to" },
    });
    const value = await dialog.locator("pre").innerText();
    expect(value).toBe("ada@example.org<script>alert(1)</script>\\u{202e}gpj.exe\\u{1b}[31m");
    expect(page.url()).not.toContain("example.org");
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Reveal in evt_1…" }).click();
    await dialog.getByText("Seen 1 time before").waitFor();
    expect(await page.content()).not.toContain(REVEALED.slice(0, 15));
  });

  test("says when nothing was kept", async () => {
    const { page } = await openAlert();
    await page.getByRole("button", { name: "Reveal in evt_2…" }).click();
    await page.getByText("made its redaction irreversible").waitFor();
    const title = page.getByRole("dialog").getByRole("button", { name: "Reveal", exact: true }).getAttribute("title");
    expect(await title).toBe("There is nothing to reveal.");
  });

  test("from an event in the explorer, which stays open behind", async () => {
    const page = await app.open(await app.backend(), "/explorer?event=1000");
    await page.getByRole("button", { name: "Reveal what was taken out…" }).click();
    const dialog = page.getByRole("dialog", { name: "Reveal what was redacted" });
    await dialog.getByText("made its redaction irreversible").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(await page.getByRole("dialog", { name: "Event 1000" }).innerText()).toContain(
      "Taken out before it was stored",
    );
  });

  test.each([
    ["desktop, light", DESKTOP, "light"],
    ["phone, dark", PHONE, "dark"],
  ] as const)("is accessible and fits: %s", async (_name, size, scheme) => {
    const { page } = await openAlert({ size, scheme });
    await page.getByRole("button", { name: "Reveal in evt_1…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Why").fill("whom did it write to");
    await dialog.getByRole("button", { name: "Reveal", exact: true }).click();
    await dialog.getByText("Shown once and kept nowhere").waitFor();
    await settle(page);
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(size.width);
  });
});
