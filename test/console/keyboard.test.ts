import { describe, expect, test } from "vitest";
import { settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("O-2: everything works from the keyboard", () => {
  test.each([
    ["i", "/incidents"],
    ["k", "/killswitch"],
    ["a", "/agents"],
    ["r", "/rules"],
    ["s", "/settings"],
    ["o", "/"],
  ])("g %s goes to %s", async (letter, path) => {
    const page = await app.open(await app.backend(), path === "/" ? "/rules" : "/");
    await settle(page);
    await page.keyboard.press("g");
    await page.keyboard.press(letter);
    await expect.poll(() => new URL(page.url()).pathname).toBe(path);
  });

  test("j and k move through the incidents, Enter opens one", async () => {
    const page = await app.open(await app.backend(), "/incidents");
    await settle(page);
    await page.locator("[data-row]").first().waitFor();
    for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
    expect(await page.locator("[data-row]:focus").innerText()).toContain("INC-2026-0041");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/incidents/INC-2026-0041");
  });

  test("/ goes to the search, Esc empties it and leaves it", async () => {
    const page = await app.open(await app.backend(), "/incidents");
    await settle(page);
    await page.keyboard.press("/");
    await page.keyboard.type("jk");
    expect(await page.getByLabel("Search").inputValue()).toBe("jk");
    await page.keyboard.press("Escape");
    expect(await page.getByLabel("Search").inputValue()).toBe("");
    expect(await page.locator("input:focus").count()).toBe(0);
  });

  test("? shows the keys, Esc closes them and gives the focus back", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0042");
    await settle(page);
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard" });
    expect(await help.innerText()).toContain("Acknowledge");
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
  });

  test("the palette reaches every page and every command; dangerous ones open their preview first", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents/INC-2026-0042");
    await settle(page);
    await page.keyboard.press("Control+k");
    const palette = page.getByRole("dialog", { name: "Command palette" });
    const options = await palette.getByRole("option").allInnerTexts();
    for (const name of [
      "Overview",
      "Incidents",
      "Kill switch",
      "Agents",
      "Rules",
      "Settings",
      "Stop agents…",
      "Stop everything…",
      "Resume agent scout…",
      "Report an incident…",
      "Acknowledge",
      "Resolve…",
      "Sign out",
      "Dark theme",
    ]) {
      expect(options.join(" | ")).toContain(name);
    }
    await page.keyboard.type("stop every");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Stop agents" });
    await dialog.getByRole("heading", { name: /What it will touch/ }).waitFor();
    expect(await dialog.getByRole("radio", { name: /Everything/ }).isChecked()).toBe(true);
    expect(backend.acts).toEqual([]);
  });

  test("the palette goes to an open incident by its words", async () => {
    const page = await app.open(await app.backend(), "/");
    await settle(page);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("heartbeat");
    await page.keyboard.press("Enter");
    await expect.poll(() => new URL(page.url()).pathname).toBe("/incidents/INC-2026-0040");
  });

  test("single keys can be turned off (WCAG 2.1.4) and are not taken from fields", async () => {
    const page = await app.open(await app.backend(), "/settings");
    await settle(page);
    await page.getByLabel("Name", { exact: true }).fill("gi?s");
    expect(await page.getByRole("dialog").count()).toBe(0);
    await page.getByLabel(/Shortcuts of single keys/).uncheck();
    await page.getByLabel(/Shortcuts of single keys/).blur();
    await page.keyboard.press("s");
    await page.keyboard.press("g");
    await page.keyboard.press("i");
    expect(new URL(page.url()).pathname).toBe("/settings");
    expect(await page.getByRole("dialog").count()).toBe(0);
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog", { name: "Command palette" }).waitFor();
  });

  test("the focus is always visible and the first Tab offers to skip the navigation", async () => {
    const page = await app.open(await app.backend(), "/");
    await settle(page);
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").innerText()).toBe("Skip to the content");
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press("Tab");
      const outline = await page.evaluate<string>("getComputedStyle(document.activeElement).outlineStyle");
      expect(outline).toBe("solid");
    }
  });

  test("a theme that was chosen stays, without a flash of the other", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/settings", { scheme: "light" });
    await settle(page);
    await page.getByRole("radio", { name: "Dark" }).check();
    await page.reload();
    expect(await page.evaluate<string>("document.documentElement.dataset.theme")).toBe("dark");
    expect(await page.evaluate<string>("getComputedStyle(document.body).backgroundColor")).toBe("rgb(15, 17, 19)");
  });
});
