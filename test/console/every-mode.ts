import type { Page } from "playwright-core";
import { expect } from "vitest";
import { axeViolations, DESKTOP, PHONE } from "./browser.ts";

const MODES = [
  ["light", "light", DESKTOP],
  ["dark", "dark", DESKTOP],
  ["light at 360 px", "light", PHONE],
  ["dark at 360 px", "dark", PHONE],
] as const;

/** Whatever is pressed is as high as a finger needs (WCAG 2.2, 2.5.5). */
const TOO_LOW = `[...document.querySelectorAll(".button, .input, .tab, .pick, .choice, .icon-button")]
  .filter((control) => control.checkVisibility() && control.getBoundingClientRect().height < 43.5)
  .map((control) => control.className + " " + control.textContent)`;

/** Light and dark, on a desktop and at 360 px: nothing that axe finds, nothing wider than the screen, nothing too low for a finger. */
export async function expectReadable(page: Page): Promise<void> {
  for (const [mode, scheme, size] of MODES) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.setViewportSize(size);
    await page.locator(`html[data-theme=${scheme}]`).waitFor();
    const width = await page.evaluate<number>("document.documentElement.scrollWidth");
    // dark is the same page in other colours
    const violations = await axeViolations(page, scheme === "dark" ? "colour" : "all");
    const tooLow = size === PHONE ? await page.evaluate<string[]>(TOO_LOW) : [];
    const found = { mode, violations, tooLow, tooWide: width > size.width };
    expect(found).toEqual({ mode, violations: [], tooLow: [], tooWide: false });
  }
}
