import { CSPProvider } from "@base-ui/react/csp-provider";
import {
  MutationCache,
  type Query,
  QueryCache,
  QueryClient,
  QueryClientProvider,
  useQuery,
} from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { groupHolds } from "@firebreak/protocol";
import type { MeView } from "@firebreak/protocol";
import { problemOf } from "./api/client.ts";
import { signOut } from "./api/commands.ts";
import { useLive } from "./api/live.ts";
import { meQuery, overviewQuery } from "./api/queries.ts";
import { ProblemNotice } from "./components/bits.tsx";
import { DialogHost } from "./components/dialog-host.tsx";
import { Shell } from "./components/shell.tsx";
import { useAct } from "./hooks/use-act.ts";
import { type Command, CommandContext, createRegistry, useCommands, useKeyboard } from "./hooks/use-commands.ts";
import { DialogContext, type DialogRequest, type OpenDialog } from "./hooks/use-dialogs.ts";
import { MeContext } from "./hooks/use-me.ts";
import { singleKeysOn, useTheme } from "./hooks/use-stored.ts";
import { incidentPath, PAGES, SUBPAGES } from "./navigation.ts";
import { AnswerPage } from "./pages/answer.tsx";
import { Pages } from "./pages.tsx";
import { SignInPage } from "./pages/sign-in.tsx";
import { Boundary } from "./ui/boundary.tsx";
import { Loading } from "./ui/layout.tsx";
import { Toasts } from "./ui/toast.tsx";
import { coverage } from "./words.ts";

const STALE_MS = 10_000;
const RETRIES_MAX = 2;
const ASK_AGAIN_MS = 5000;

/** A session that has ended shows in any answer; who one is must then be asked again, which leads to the sign-in. */
function createQueries(): QueryClient {
  const onError = (error: unknown, query?: Query<unknown, unknown, unknown>) => {
    const wasSignedIn = queries.getQueryData(meQuery.queryKey) !== undefined;
    if (!wasSignedIn || problemOf(error).status !== 401 || query?.queryKey[0] === meQuery.queryKey[0]) return;
    void queries.invalidateQueries({ queryKey: meQuery.queryKey });
  };
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError: (error) => onError(error) }),
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        // An answer that names what is wrong will not change by asking again; silence and a server's fault may.
        retry: (failures, error) => failures < RETRIES_MAX && [0, 502, 503, 504].includes(problemOf(error).status),
        retryDelay: 500,
      },
    },
  });
  return queries;
}

function Failed({ error }: { readonly error: unknown }) {
  return (
    <div className="page">
      <h1>This page failed</h1>
      <ProblemNotice error={error} />
      <p>
        Stops do not depend on it: run <code>firebreak stop --global --reason TEXT</code> on the agents’ host.{" "}
        <button type="button" className="button button-plain" onClick={() => window.location.reload()}>
          Load the page again
        </button>
      </p>
    </div>
  );
}

/** The commands of every page: going places, stopping, resuming, reporting, looks. */
function useGlobalCommands(open: OpenDialog, onSignOut: () => void): void {
  const [, navigate] = useLocation();
  const [, setTheme] = useTheme();
  const { data } = useQuery(overviewQuery);
  const goTo = ({ href, title }: { readonly href: string; readonly title: string }): Command => ({
    id: `go:${href}`,
    title,
    group: "Go to",
    run: () => navigate(href),
  });
  const going = [...PAGES.map((page) => ({ ...goTo(page), keys: page.keys })), ...SUBPAGES.map(goTo)];
  const incidents = (data?.openIncidents ?? []).map((incident): Command => ({
    id: `go:${incident.id}`,
    title: `${incident.id} ${incident.title}`,
    group: "Open incidents",
    run: () => navigate(incidentPath(incident.id)),
  }));
  const resumes = groupHolds(data?.holds ?? []).map(([hold]): Command => ({
    id: `resume:${hold.id}`,
    title: `Resume ${coverage(hold.scope, hold.target)}…`,
    group: "Stop and resume",
    keywords: hold.reason,
    run: () => open({ kind: "resume", hold }),
  }));
  useCommands([
    {
      id: "stop",
      title: "Stop agents…",
      group: "Stop and resume",
      keys: "s",
      onEveryPage: true,
      keywords: "kill freeze deny",
      run: () => open({ kind: "stop" }),
    },
    {
      id: "stop:global",
      title: "Stop everything…",
      group: "Stop and resume",
      keywords: "global kill",
      run: () => open({ kind: "stop", scope: "global" }),
    },
    ...resumes,
    ...going,
    ...incidents,
    {
      id: "report",
      title: "Report an incident…",
      group: "Incidents",
      keys: "n",
      keywords: "declare new",
      run: () => open({ kind: "report" }),
    },
    { id: "help", title: "Keyboard shortcuts", group: "Console", run: () => open({ kind: "help" }) },
    { id: "theme:light", title: "Light theme", group: "Console", run: () => setTheme("light") },
    { id: "theme:dark", title: "Dark theme", group: "Console", run: () => setTheme("dark") },
    { id: "theme:system", title: "Theme of the system", group: "Console", run: () => setTheme("system") },
    { id: "sign-out", title: "Sign out", group: "Console", run: onSignOut },
  ]);
}

function SignedIn({ me }: { readonly me: MeView }) {
  const connection = useLive();
  const [path] = useLocation();
  const [request, setRequest] = useState<DialogRequest | null>(null);
  const leave = useAct(signOut, {
    stale: [],
    inToast: true,
    // A fresh document forgets everything that the person saw.
    onDone: () => window.location.assign("/sign-in"),
  });
  const onSignOut = () => leave.mutate();
  useGlobalCommands(setRequest, onSignOut);
  useKeyboard({
    onPalette: () => setRequest({ kind: "palette" }),
    onHelp: () => setRequest({ kind: "help" }),
    singleKeysOn,
  });
  return (
    <MeContext value={me}>
      <DialogContext value={setRequest}>
        <Shell connection={connection} onSignOut={onSignOut}>
          <Boundary key={path} fallback={(error) => <Failed error={error} />}>
            <Pages />
          </Boundary>
        </Shell>
        <DialogHost request={request} onClose={() => setRequest(null)} />
      </DialogContext>
    </MeContext>
  );
}

/** A link to one question needs no sign-in. */
function Gate() {
  const [path] = useLocation();
  return path === "/answer" ? <AnswerPage /> : <Console path={path} />;
}

/** Shows the sign-in to whoever is not signed in, and the console to everybody else. */
function Console({ path }: { readonly path: string }) {
  const me = useQuery({
    ...meQuery,
    // Nobody answered yet: the page comes by itself once somebody does.
    refetchInterval: ({ state }) =>
      state.error !== null && problemOf(state.error).status !== 401 ? ASK_AGAIN_MS : false,
  });
  const isOut = me.error !== null && problemOf(me.error).status === 401;
  if (path === "/sign-in" || isOut) return <SignInPage me={isOut ? null : (me.data ?? null)} />;
  if (me.data) return me.data.passwordNeeded ? <SignInPage me={me.data} /> : <SignedIn me={me.data} />;
  return (
    <main className="gate stack">
      <ProblemNotice error={me.error} />
      {me.error ? <p>It is asked again every few seconds.</p> : <Loading rows={3} />}
    </main>
  );
}

export function App() {
  const queries = useMemo(createQueries, []);
  const registry = useMemo(createRegistry, []);
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <CommandContext value={registry}>
          <Gate />
          <Toasts />
        </CommandContext>
      </QueryClientProvider>
    </CSPProvider>
  );
}
