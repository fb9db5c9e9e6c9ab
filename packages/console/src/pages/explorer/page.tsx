import { useQuery } from "@tanstack/react-query";
import type { EventPage } from "@firebreak/protocol";
import { useState } from "react";
import { eventsQuery, histogramQuery } from "../../api/explorer-queries.ts";
import { useFollowedEvents } from "../../api/follow-events.ts";
import { At } from "../../components/bits.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { useCommands } from "../../hooks/use-commands.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { Button } from "../../ui/button.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Empty, Notice } from "../../ui/layout.tsx";
import { notify } from "../../ui/toast.tsx";
import { count } from "../../words.ts";
import { ExportDialog, SaveViewDialog } from "./dialogs.tsx";
import { EventDrawer } from "./event-drawer.tsx";
import { Facets, FilterBar } from "./filter-bar.tsx";
import { commandOf, type ExplorerState, useExplorer } from "./filters.ts";
import { Histogram } from "./histogram.tsx";
import { EventRows } from "./list.tsx";

function Results({
  page,
  state,
  isStale,
}: {
  readonly page: EventPage;
  readonly state: ExplorerState;
  readonly isStale: boolean;
}) {
  const { items, next, searchedBackTo } = page;
  const { set, after, filters } = state;
  const isNarrowed = Object.keys(filters).length > 0;
  return (
    <div className="stack" aria-busy={isStale || undefined}>
      <p className="sr-only" role="status">
        {count(items.length, "event")} shown
      </p>
      {items.length === 0 && searchedBackTo === null ? (
        <Empty title="No event matches" {...(isNarrowed ? {} : { command: "firebreak demo" })}>
          {isNarrowed
            ? "Take a filter off, or look further back."
            : "Agents send telemetry, or it is read from files. To see some, run the demo:"}
        </Empty>
      ) : (
        <EventRows events={items} opened={state.event} onOpen={(seq) => set({ event: String(seq) })} />
      )}
      {searchedBackTo !== null && (
        <Notice tone="warn" title="The search took too long and was cut off">
          <p>
            It looked back to <At at={searchedBackTo} withDay />; what is older was not searched yet. A shorter time, an
            agent or a kind makes it fast.
          </p>
        </Notice>
      )}
      <div className="pager">
        {after !== null && (
          <Button icon="back" onClick={() => set({ after: null })}>
            Newest
          </Button>
        )}
        {next !== null && (
          <Button onClick={() => set({ after: next, follow: null })}>
            {searchedBackTo === null ? "Older" : "Search on"}
          </Button>
        )}
      </div>
    </div>
  );
}

async function copyCommand(state: ExplorerState): Promise<void> {
  const command = commandOf(state.query);
  try {
    await navigator.clipboard.writeText(command);
    notify("done", "The command is copied", command);
  } catch {
    notify("info", "Copy it yourself: the browser does not allow it", command);
  }
}

function Actions({
  state,
  onSave,
  onExport,
}: {
  readonly state: ExplorerState;
  readonly onSave: () => void;
  readonly onExport: () => void;
}) {
  const refusal = useRefusal("responder");
  const { follow, set } = state;
  return (
    <>
      <Button
        icon={follow ? "stop" : "play"}
        aria-pressed={follow}
        onClick={() => set(follow ? { follow: null } : { follow: "1", after: null })}
      >
        {follow ? "Pause" : "Follow live"}
      </Button>
      <Button icon="retry" onClick={state.refresh}>
        Refresh
      </Button>
      <Menu
        label="More with these events"
        items={[
          { id: "save", label: "Save view…", disabledReason: null, run: onSave },
          { id: "export", label: "Export…", disabledReason: refusal, run: onExport },
          { id: "copy", label: "Copy command", disabledReason: null, run: () => void copyCommand(state) },
        ]}
      />
    </>
  );
}

/** @returns the conditions, one a line, with one more */
function narrowed(path: string | undefined, condition: string): string {
  return [...new Set([...(path ?? "").split("\n").filter((line) => line !== ""), condition])].join("\n");
}

/** Every stored event: searched, counted over time, followed live, opened, exported. */
export default function ExplorerPage() {
  const state = useExplorer();
  const { query, filters, range, after, follow, set } = state;
  const [dialog, setDialog] = useState<"save" | "export" | null>(null);
  const events = useQuery(eventsQuery(query, after));
  const histogram = useQuery(histogramQuery(query));
  useFollowedEvents(query, follow && after === null);
  useCommands([
    {
      id: "explorer:follow",
      title: "Follow events live",
      group: "Explorer",
      keys: "f",
      run: () => set({ follow: follow ? null : "1", after: null }),
    },
    { id: "explorer:save", title: "Save this view…", group: "Explorer", run: () => setDialog("save") },
  ]);
  const close = () => setDialog(null);
  return (
    <Page
      title="Explorer"
      lead="What agents said and did."
      actions={<Actions state={state} onSave={() => setDialog("save")} onExport={() => setDialog("export")} />}
    >
      <FilterBar state={state} />
      <Facets state={state} />
      {histogram.data !== undefined && (
        <Histogram
          key={`${histogram.data.since} ${histogram.data.bucketMs}`}
          histogram={histogram.data}
          onZoom={(since, until) => set({ since, until, range: null, follow: null })}
        />
      )}
      {histogram.data !== undefined && histogram.data.countedBackTo !== null && (
        <p className="muted">
          Counting took too long: only events from <At at={histogram.data.countedBackTo} withDay /> on are counted.
        </p>
      )}
      <Loaded query={events} rows={10}>
        {(page) => <Results page={page} state={state} isStale={events.isPlaceholderData} />}
      </Loaded>
      <EventDrawer
        seq={state.event}
        onClose={() => set({ event: null })}
        onNarrow={(condition) => set({ path: narrowed(state.filters.path, condition), event: null })}
      />
      <SaveViewDialog query={range === null ? query : filters} open={dialog === "save"} onClose={close} />
      <ExportDialog query={query} open={dialog === "export"} onClose={close} />
    </Page>
  );
}
