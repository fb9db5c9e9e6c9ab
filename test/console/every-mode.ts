import type { Page } from "playwright-core";
import { expect } from "vitest";
import { axeViolations, DESKTOP, PHONE } from "./browser.ts";

const MODES = [
  ["light", "light", DESKTOP],
  ["dark", "dark", DESKTOP],
  ["light at 360 px", "light", PHONE],
  ["dark at 360 px", "dark", PHONE],
] as const;

/** Light and dark, on a desktop and at 360 px: nothing that axe finds, and nothing wider than the screen. */
export async function expectReadable(page: Page): Promise<void> {
  for (const [mode, scheme, size] of MODES) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.setViewportSize(size);
    await page.locator(`html[data-theme=${scheme}]`).waitFor();
    const width = await page.evaluate<number>("document.documentElement.scrollWidth");
    // dark is the same page in other colours
    const violations = await axeViolations(page, scheme === "dark" ? "colour" : "all");
    const found = { mode, violations, tooWide: width > size.width };
    expect(found).toEqual({ mode, violations: [], tooWide: false });
  }
}
