import type { IconName } from "./ui/icons.tsx";

/** Every page of the console: where it is, what it is called and the keys that lead there. */
export interface Page {
  readonly href: string;
  readonly title: string;
  readonly icon: IconName;
  readonly keys: string;
}

export const PAGES = [
  { href: "/", title: "Overview", icon: "overview", keys: "g o" },
  { href: "/incidents", title: "Incidents", icon: "incident", keys: "g i" },
  { href: "/alerts", title: "Alerts", icon: "warn", keys: "g l" },
  { href: "/killswitch", title: "Kill switch", icon: "stop", keys: "g k" },
  { href: "/approvals", title: "Approvals", icon: "check", keys: "g p" },
  { href: "/containment", title: "Containment", icon: "shield", keys: "g c" },
  { href: "/actions", title: "Actions", icon: "bolt", keys: "g x" },
  { href: "/evidence", title: "Evidence", icon: "archive", keys: "g v" },
  { href: "/agents", title: "Agents", icon: "agent", keys: "g a" },
  { href: "/explorer", title: "Explorer", icon: "search", keys: "g e" },
  { href: "/playbooks", title: "Playbooks", icon: "book", keys: "g b" },
  { href: "/rules", title: "Rules", icon: "rules", keys: "g r" },
  { href: "/indicators", title: "Indicators", icon: "note", keys: "g d" },
  { href: "/audit-log", title: "Audit log", icon: "key", keys: "g u" },
  { href: "/retention", title: "Retention", icon: "archive", keys: "g t" },
  { href: "/settings", title: "Settings", icon: "settings", keys: "g s" },
] as const satisfies readonly Page[];

/** Pages under a page, for the command palette. */
export const SUBPAGES = [
  { href: "/playbooks/import", title: "Import a runbook" },
  { href: "/drills", title: "Drills" },
  { href: "/rules/try", title: "Try rules" },
  { href: "/rules/replays", title: "Replays" },
] as const;

/** @returns true when `path` is the page or lies under it */
export function isHere(page: Page, path: string): boolean {
  return page.href === "/" ? path === "/" : path === page.href || path.startsWith(`${page.href}/`);
}

export const playbookPath = (id: string) => `/playbooks/${encodeURIComponent(id)}`;
export const drillPath = (id: string) => `/drills/${encodeURIComponent(id)}`;
export const runPath = (id: string) => `/runs/${encodeURIComponent(id)}`;
export const rulePath = (id: string) => `/rules/rule/${encodeURIComponent(id)}`;
export const scanPath = (id: string) => `/indicators/scans/${encodeURIComponent(id)}`;
export const replayPath = (id: string) => `/rules/replays/${encodeURIComponent(id)}`;
/** @returns the explorer's address with these filters */
export function explorerPath(filters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(filters).toString();
  return query === "" ? "/explorer" : `/explorer?${query}`;
}

export const sessionPath = (id: string) => `/sessions/${encodeURIComponent(id)}`;
export const agentPath = (id: string) => `/agents/${encodeURIComponent(id)}`;
export const archivePath = (id: string) => `/evidence/${encodeURIComponent(id)}`;
export const incidentPath = (id: string) => `/incidents/${encodeURIComponent(id)}`;

/** @returns the path when it leads to a page of the console, else the overview: a link from data must not lead away */
export function localPath(href: string): string {
  return /^\/(?![/\\])/.test(href) ? href : "/";
}
