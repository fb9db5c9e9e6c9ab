import { test } from "vitest";
import { DESKTOP, PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";
const app = useConsole();
const paths = (process.env["SHOTS"] ?? "/").split(",");
const modes = [
  ["dl", "light", DESKTOP],
  ["pd", "dark", PHONE],
  ["dd", "dark", DESKTOP],
  ["pl", "light", PHONE],
] as const;
const want = (process.env["MODES"] ?? "dl,pd").split(",");
test.each(paths)(
  "%s",
  async (path) => {
    for (const [name, scheme, size] of modes.filter(([n]) => want.includes(n))) {
      const page = await app.open(await app.backend((process.env["SCENARIO"] ?? "busy") as never), path, {
        scheme,
        size,
      });
      await settle(page);
      await page.waitForTimeout(500);
      await page.screenshot({ path: `/tmp/shots/${path.replaceAll(/[^a-z0-9]+/gi, "_")}-${name}.png`, fullPage: true });
    }
  },
  120_000,
);
