import { groupHolds } from "@firebreak/protocol";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import type { Connection } from "../api/live.ts";
import { overviewQuery } from "../api/queries.ts";
import { useDialogs } from "../hooks/use-dialogs.ts";
import { useLate } from "../hooks/use-late.ts";
import { useMe } from "../hooks/use-me.ts";
import { isHere, PAGES } from "../navigation.ts";
import { zoneHere } from "../time.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Icon, Mark } from "../ui/icons.tsx";
import { Kbd } from "../ui/layout.tsx";

const CONNECTION_WORDS = {
  connecting: "Connecting…",
  live: "Live",
  reconnecting: "Reconnecting… what you see may be old",
} as const satisfies Record<Connection, string>;

const CONNECTION_SHORT = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting" } as const;

function ConnectionState({ connection }: { readonly connection: Connection }) {
  return (
    <p className="connection" data-state={connection} role="status" title={CONNECTION_WORDS[connection]}>
      <span className="connection-dot" aria-hidden="true" />
      {CONNECTION_SHORT[connection]}
    </p>
  );
}

function useAmounts(): Readonly<Record<string, number>> {
  const { data } = useQuery(overviewQuery);
  return {
    "/incidents": data?.openIncidents.length ?? 0,
    "/killswitch": groupHolds(data?.holds ?? []).length,
    "/approvals": data?.pendingApprovals ?? 0,
  };
}

const AMOUNT_WORDS: Readonly<Record<string, string>> = {
  "/incidents": "open",
  "/killswitch": "in force",
  "/approvals": "waiting",
};

function SideNav() {
  const [path] = useLocation();
  const amounts = useAmounts();
  return (
    <nav className="side-nav" aria-label="Pages">
      {PAGES.map((page) => {
        const amount = amounts[page.href] ?? 0;
        return (
          <Link
            key={page.href}
            href={page.href}
            className="side-link"
            aria-current={isHere(page, path) ? "page" : undefined}
          >
            <Icon name={page.icon} />
            <span className="side-link-text">{page.title}</span>
            {amount > 0 && (
              <span className="side-amount">
                {amount}
                <span className="sr-only"> {AMOUNT_WORDS[page.href]}</span>
              </span>
            )}
          </Link>
        );
      })}
    </nav>
  );
}

const BAR_PAGES = [PAGES[0], PAGES[1]] as const;

/** The phone's bar; the stop is in the middle, under the thumb, on every page. */
function BottomBar() {
  const [path] = useLocation();
  const open = useDialogs();
  const amounts = useAmounts();
  return (
    <nav className="bottom-bar" aria-label="Main">
      {BAR_PAGES.map((page) => (
        <Link
          key={page.href}
          href={page.href}
          className="bar-item"
          aria-current={isHere(page, path) ? "page" : undefined}
        >
          <Icon name={page.icon} size={20} />
          {page.title}
          {(amounts[page.href] ?? 0) > 0 && <span className="bar-amount">{amounts[page.href]}</span>}
        </Link>
      ))}
      <button type="button" className="bar-stop" onClick={() => open({ kind: "stop" })}>
        <Icon name="stop" size={22} />
        Stop
      </button>
      <Link href="/agents" className="bar-item" aria-current={path === "/agents" ? "page" : undefined}>
        <Icon name="agent" size={20} />
        Agents
      </Link>
      <button type="button" className="bar-item" onClick={() => open({ kind: "more" })}>
        <Icon name="more" size={20} />
        More
      </button>
    </nav>
  );
}

function SideBar({ connection, onSignOut }: { readonly connection: Connection; readonly onSignOut: () => void }) {
  const me = useMe();
  const open = useDialogs();
  return (
    <header className="side">
      <Link href="/" className="brand">
        <Mark />
        Firebreak
      </Link>
      <div className="side-stop">
        <Button kind="danger" icon="stop" grow onClick={() => open({ kind: "stop" })} title="Stop agents (s)">
          Stop…
        </Button>
      </div>
      <SideNav />
      <div className="side-foot">
        <button type="button" className="side-link" onClick={() => open({ kind: "palette" })}>
          <Icon name="search" />
          <span className="side-link-text">Commands</span>
          <Kbd keys="Ctrl-K" />
        </button>
        <ConnectionState connection={connection} />
        <p className="side-zone" title="The zone of the times on every page">
          {zoneHere()}
        </p>
        <div className="side-me">
          <span className="side-me-name" title={`${me.actor.name}, ${me.access}, profile ${me.profile}`}>
            {me.actor.name} <span className="muted">{me.access}</span>
          </span>
          <IconButton icon="out" label="Sign out" onClick={onSignOut} />
        </div>
      </div>
    </header>
  );
}

function TopBar({ connection }: { readonly connection: Connection }) {
  const open = useDialogs();
  return (
    <header className="top-bar">
      <Link href="/" className="brand">
        <Mark />
        Firebreak
      </Link>
      <ConnectionState connection={connection} />
      <IconButton icon="search" label="Commands" onClick={() => open({ kind: "palette" })} />
    </header>
  );
}

const LOST_MS = 3000;

interface ShellProps {
  readonly connection: Connection;
  readonly onSignOut: () => void;
  readonly children: ReactNode;
}

/** The frame around every page; a change of page moves the reader to its top. */
export function Shell({ connection, onSignOut, children }: ShellProps) {
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  // A moment without the stream is no news, and must not push the page down.
  const isLost = useLate(connection === "reconnecting", LOST_MS);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [path]);
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <SideBar connection={connection} onSignOut={onSignOut} />
      <TopBar connection={connection} />
      <main id="main" className="main" ref={main} tabIndex={-1}>
        {isLost && (
          <p className="stale-note">
            <Icon name="warn" /> The live connection is lost; what you see may be old. Stops work without the server:{" "}
            <code>firebreak stop --global --reason TEXT</code>
          </p>
        )}
        {children}
      </main>
      <BottomBar />
    </div>
  );
}
