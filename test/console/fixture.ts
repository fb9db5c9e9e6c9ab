import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Browser } from "playwright-core";
import { ensureConsoleBuilt, launchBrowser, openPage, type OpenOptions, type OpenPage } from "./browser.ts";
import { type FakeBackend, startFakeBackend } from "./fake-backend.ts";
import type { Scenario } from "./sample-data.ts";

/** One Chromium for the file; a fresh backend and page for each test, both closed after it and found without faults. */
export function useConsole() {
  let browser: Browser | null = null;
  const backends: FakeBackend[] = [];
  const pages: OpenPage[] = [];
  let expected: RegExp | null = null;

  beforeAll(async () => {
    await ensureConsoleBuilt();
    browser = await launchBrowser();
  });
  afterEach(async () => {
    const faults = pages.flatMap((opened) => opened.faults).filter((fault) => !expected?.test(fault));
    expected = null;
    for (const opened of pages.splice(0)) await opened.close();
    for (const backend of backends.splice(0)) await backend.close();
    expect(faults, "script errors and broken policies in the page").toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
  });

  return {
    /** For the test that breaks the page on purpose. */
    expectFaults(pattern: RegExp): void {
      expected = pattern;
    },
    async backend(scenario: Scenario = "busy"): Promise<FakeBackend> {
      const backend = await startFakeBackend(scenario);
      backends.push(backend);
      return backend;
    },
    async open(backend: FakeBackend, path: string, options: OpenOptions = {}) {
      if (browser === null) throw new Error("the browser is started before the first test");
      const opened = await openPage(browser, backend.url + path, options);
      pages.push(opened);
      return opened.page;
    },
  };
}
