import { describe, expect, test } from "vitest";
import { settle } from "./browser.ts";
import { expectReadable } from "./every-mode.ts";
import { useConsole } from "./fixture.ts";

const PAGES = [
  ["/playbooks", "Playbooks"],
  ["/playbooks/service-down", "A service is down"],
  ["/playbooks/service-down?view=graph", "A service is down"],
  ["/playbooks/service-down?view=source", "A service is down"],
  ["/playbooks/service-down?view=runs", "A service is down"],
  ["/runs/run_deciding", "A service is down"],
  ["/runs/run_asking", "A service is down"],
  ["/runs/run_denied?view=graph", "A service is down"],
  ["/playbooks/service-down?view=drills", "A service is down"],
  ["/playbooks/import", "Import a runbook"],
  ["/drills", "Drills"],
  ["/drills/drl_00000000000000000000000001", "Redis is killed"],
  ["/playbooks/half-written?view=source", "half-written"],
] as const;

const app = useConsole();

describe("O-2: every page of playbooks renders, reads well and fits", () => {
  test.each(PAGES)("%s in light and dark, on a desktop and at 360 px", async (path, heading) => {
    const page = await app.open(await app.backend(), path);
    await settle(page);
    expect(await page.locator("h1").first().innerText()).toContain(heading);
    await expectReadable(page);
  });
});
