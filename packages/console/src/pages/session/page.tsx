import { useQuery } from "@tanstack/react-query";
import type { SessionMark, SessionMoment, SessionReplayPage, SessionReplaySummary } from "@firebreak/protocol";
import { useEffect, useRef } from "react";
import { Link } from "wouter";
import { sessionReplayQuery, sessionSummaryQuery } from "../../api/session-queries.ts";
import { At, StateBadge } from "../../components/bits.tsx";
import type { Back } from "../../components/crumb.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { showHidden } from "../../harmless.ts";
import { useCommands } from "../../hooks/use-commands.ts";
import { agentPath, incidentPath } from "../../navigation.ts";
import { formatSpan } from "../../time.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";
import { count, MARK_WORDS, SESSION_WORDS } from "../../words.ts";
import { Moment } from "./moments.tsx";
import { eventOfSession, type PlaceInUrl, usePlace } from "./place.ts";

function Summary({ summary }: { readonly summary: SessionReplaySummary }) {
  const { session, agents, firstAt, lastAt, incidents } = summary;
  return (
    <div className="session-summary">
      <p className="row-sub">
        {session !== null && <StateBadge word={SESSION_WORDS[session.state]} />}
        {agents.map(({ id, pack }) => (
          <span key={id}>
            agent <Link href={agentPath(id)}>{id}</Link>
            {pack !== null && ` of ${pack}`}
          </span>
        ))}
        <span>
          <At at={firstAt} withDay /> to <At at={lastAt} withDay />,{" "}
          {formatSpan(Date.parse(lastAt) - Date.parse(firstAt))}
        </span>
        <span>{count(summary.events, "event")}</span>
        {summary.denied > 0 && <Badge tone="danger">{summary.denied.toLocaleString("en")} denied</Badge>}
        {summary.failed > 0 && <Badge tone="warn">{summary.failed.toLocaleString("en")} failed</Badge>}
        {incidents.map(({ id, title }) => (
          <Link key={id} href={incidentPath(id)}>
            {id} {showHidden(title)}
          </Link>
        ))}
      </p>
      {session !== null && session.command.length > 0 && (
        <code className="agent-command">{showHidden(session.command.join(" "))}</code>
      )}
    </div>
  );
}

interface MarksProps {
  readonly id: string;
  readonly marks: readonly SessionMark[];
  readonly isCut: boolean;
  readonly current: number | undefined;
}

/** What was denied, raised an alert or failed, to jump to. */
function Marks({ id, marks, isCut, current }: MarksProps) {
  if (marks.length === 0) return null;
  return (
    <Panel
      title="Moments to look at"
      icon="warn"
      aside={<span className="muted">{count(marks.length, "moment")}</span>}
    >
      <ol className="marks">
        {marks.map((mark) => (
          <li key={mark.seq}>
            <Link
              href={eventOfSession(id, mark.seq)}
              className={`mark-link tone-${MARK_WORDS[mark.cause].tone}`}
              aria-current={mark.seq === current ? "true" : undefined}
            >
              <span className="number">
                <At at={mark.at} />
              </span>
              <strong>{MARK_WORDS[mark.cause].label}</strong>
              <span className="mark-text">{showHidden(mark.text)}</span>
            </Link>
          </li>
        ))}
      </ol>
      {isCut && <p className="panel-note muted">Only the first {marks.length} are named here.</p>}
    </Panel>
  );
}

interface PagerProps {
  readonly page: SessionReplayPage;
  readonly place: PlaceInUrl;
}

function Pager({ page, place: { follow, go } }: PagerProps) {
  const { previous, next } = page;
  return (
    <div className="pager">
      {previous !== null && !follow && (
        <>
          <Button onClick={() => go({})}>Beginning</Button>
          <Button icon="back" onClick={() => go({ before: previous })}>
            Earlier
          </Button>
        </>
      )}
      {next !== null && !follow && (
        <>
          <Button onClick={() => go({ after: next })}>Later</Button>
          <Button onClick={() => go({ end: true })}>End</Button>
        </>
      )}
    </div>
  );
}

/** Brings the moment that the address names into sight, once for each address. */
function useTarget(event: number | undefined, isThere: boolean): void {
  const shown = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (event === undefined || !isThere || shown.current === event) return;
    shown.current = event;
    const found = document.querySelector<HTMLElement>(`.transcript [data-seq="${event}"]`);
    found?.scrollIntoView({ block: "center" });
    found?.querySelector<HTMLElement>("[data-row]")?.focus({ preventScroll: true });
  }, [event, isThere]);
}

/** While following, the newest moment stays in sight unless the reader has scrolled up. */
function useNewestInSight(follow: boolean, newest: SessionMoment | undefined): void {
  const wasAtEnd = useRef(true);
  const stamp = JSON.stringify(newest);
  useEffect(() => {
    const onScroll = () => {
      wasAtEnd.current = window.innerHeight + window.scrollY >= document.body.scrollHeight - 120;
    };
    window.addEventListener("scroll", onScroll, { passive: true });
    return () => window.removeEventListener("scroll", onScroll);
  }, []);
  useEffect(() => {
    if (follow && wasAtEnd.current) window.scrollTo({ top: document.body.scrollHeight });
  }, [follow, stamp]);
}

function Transcript({ id, page, place }: PagerProps & { readonly id: string }) {
  const agents = new Set(page.items.flatMap((moment) => (moment.type === "event" ? [moment.agentId] : [])));
  const target = place.place.event;
  useTarget(target, true);
  useNewestInSight(place.follow, page.items.at(-1));
  if (page.items.length === 0) {
    return (
      <Empty title="Nothing is told of it here">
        Its events may have been removed, or it has only sent heartbeats.
      </Empty>
    );
  }
  return (
    <>
      <Pager page={page} place={place} />
      <ol className="transcript panel" aria-label="What was said and done">
        {page.items.map((moment, index) => (
          <Moment
            key={moment.type === "event" ? moment.seq : `${moment.type} ${moment.at} ${index}`}
            moment={moment}
            session={id}
            withAgent={agents.size > 1}
            isTarget={moment.type === "event" && moment.seq === target}
          />
        ))}
      </ol>
      <Pager page={page} place={place} />
    </>
  );
}

/** Keys that lead from one moment worth seeing to the next, from where the reader is. */
function useMarkKeys(marks: readonly SessionMark[], place: PlaceInUrl): void {
  const at = place.place.event ?? 0;
  const index = marks.findIndex(({ seq }) => seq === at);
  const go = (mark: SessionMark | undefined) => {
    if (mark !== undefined) place.go({ event: mark.seq });
  };
  useCommands([
    {
      id: "mark:next",
      title: "Next denied or alerted moment",
      group: "Session",
      keys: "]",
      run: () => go(marks[index + 1]),
    },
    {
      id: "mark:previous",
      title: "Previous denied or alerted moment",
      group: "Session",
      keys: "[",
      run: () => go(marks[index - 1]),
    },
  ]);
}

/** A session hangs at its agent, where it has one alone. */
function backOf(summary: SessionReplaySummary | undefined): Back {
  const [only, ...others] = summary?.agents ?? [];
  return only === undefined || others.length > 0
    ? { href: "/agents", label: "Agents" }
    : { href: agentPath(only.id), label: only.id };
}

/** A session as a conversation: readable at 3 a.m., and every moment has an address. */
export default function SessionPage({ id }: { readonly id: string }) {
  const place = usePlace();
  const { agent, follow, go } = place;
  const summary = useQuery(sessionSummaryQuery(id, agent, follow));
  const page = useQuery(sessionReplayQuery(id, agent, place.place, follow));
  const marks = summary.data?.marks ?? [];
  useMarkKeys(marks, place);
  const toggle = (
    <Button
      icon={follow ? "stop" : "play"}
      aria-pressed={follow}
      onClick={() => go(follow ? { end: true } : { follow: true })}
    >
      {follow ? "Pause" : "Follow live"}
    </Button>
  );
  return (
    <Page
      title="Session replay"
      tabTitle={`Session ${id}`}
      back={backOf(summary.data)}
      lead={<code className="wrap-anywhere">{showHidden(id)}</code>}
      actions={toggle}
    >
      <div className="stack">
        <Loaded query={summary} rows={2}>
          {(found) => (
            <>
              <Summary summary={found} />
              <Marks id={id} marks={found.marks} isCut={found.marksCut} current={place.place.event} />
            </>
          )}
        </Loaded>
        {page.error === null || summary.error === null ? (
          <Loaded query={page} rows={8}>
            {(found) => <Transcript id={id} page={found} place={place} />}
          </Loaded>
        ) : null}
      </div>
    </Page>
  );
}
