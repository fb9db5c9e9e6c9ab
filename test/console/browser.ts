/** A real Chromium over the built console. Every page fails its test on a script error or a broken content policy. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const CONSOLE = join(import.meta.dirname, "../../packages/console");
const PROTOCOL = join(import.meta.dirname, "../../packages/protocol/src");
// the first draws no window of its own, and takes half the processor time for the same pages
const CANDIDATES = [
  "/usr/lib/chromium/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];

export const DESKTOP = { width: 1280, height: 800 } as const;
export const PHONE = { width: 360, height: 740 } as const;

function newestChange(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return Math.max(...files.map((file) => statSync(join(file.parentPath, file.name)).mtimeMs));
}

/** Builds the console when what is built is older than its sources. */
export async function ensureConsoleBuilt(): Promise<void> {
  const built = join(CONSOLE, "dist/index.html");
  const sources = Math.max(
    newestChange(join(CONSOLE, "src")),
    newestChange(join(CONSOLE, "public")),
    newestChange(PROTOCOL),
    statSync(join(CONSOLE, "index.html")).mtimeMs,
  );
  if (existsSync(built) && statSync(built).mtimeMs > sources) return;
  // As a process of its own: under the test runner's NODE_ENV, React would be bundled for development.
  const vite = join(dirname(createRequire(join(CONSOLE, "package.json")).resolve("vite/package.json")), "bin/vite.js");
  const env = { ...process.env, NODE_ENV: "production" };
  await promisify(execFile)(process.execPath, [vite, "build", "--logLevel", "error"], { cwd: CONSOLE, env });
}

export async function launchBrowser(): Promise<Browser> {
  const executablePath = CANDIDATES.find((candidate) => existsSync(candidate));
  if (executablePath === undefined) throw new Error("No Chromium was found. On Debian: apt-get install -y chromium");
  const flags = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  return await chromium.launch({ executablePath, args: flags });
}

export interface OpenOptions {
  readonly role?: "viewer" | "responder" | "commander" | "admin" | "invited" | "nobody";
  readonly scheme?: "light" | "dark";
  readonly size?: { readonly width: number; readonly height: number };
  readonly context?: BrowserContextOptions;
}

export interface OpenPage {
  readonly page: Page;
  /** what went wrong in the page by itself: script errors and broken policies; requests that were refused do not count */
  readonly faults: readonly string[];
  readonly close: () => Promise<void>;
}

/** Opens a page of the console as somebody with the role. */
export async function openPage(browser: Browser, url: string, options: OpenOptions = {}): Promise<OpenPage> {
  const { role = "admin", scheme = "light", size = DESKTOP } = options;
  const context = await browser.newContext({
    viewport: size,
    colorScheme: scheme,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    reducedMotion: "reduce",
    ...options.context,
  });
  if (role !== "nobody")
    await context.addCookies([
      {
        name: "firebreak_session",
        value: `fake-${role}`,
        url: new URL(url).origin,
        httpOnly: true,
        sameSite: "Strict",
      },
    ]);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults, close: () => context.close() };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = '["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]';
const OF_COLOUR = `axe.getRules(${TAGS}).filter((rule) => rule.tags.includes("cat.color")).map((rule) => rule.ruleId)`;
const runAxe = (only: string) =>
  `axe.run(document, { resultTypes: ["violations"], runOnly: ${only} })
  .then((r) => r.violations.map((v) => v.id + ": " + v.help + " | " + v.nodes.slice(0, 4).map((n) => n.target.join(" ") + " " + (n.any[0] ? n.any[0].message : "")).join(" ; ")))`;

/**
 * @param only `colour`: just the rules about colours, for what differs from a page that was looked at by nothing else
 * @returns one line for each rule of WCAG 2.2 AA (and axe's best practice) that the page breaks
 */
export async function axeViolations(page: Page, only: "all" | "colour" = "all"): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE);
  return await page.evaluate<string[]>(runAxe(only === "all" ? TAGS : OF_COLOUR));
}

/** Waits until the page has its data and no placeholder is left. */
export async function settle(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await page.locator(".loading").first().waitFor({ state: "detached" });
}
