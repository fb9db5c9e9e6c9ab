/** Which page stands at which address. What an operator needs at once comes with the first script; the rest follows. */
import { lazy, Suspense, useEffect } from "react";
import { Route, Switch } from "wouter";
import { NotFound } from "./components/not-found.tsx";
import { AgentPage } from "./pages/agent/agent.tsx";
import { AgentsPage } from "./pages/agents.tsx";
import { AlertsPage } from "./pages/alerts.tsx";
import { ApprovalsPage } from "./pages/approvals.tsx";
import { IncidentPage } from "./pages/incident.tsx";
import { IncidentsPage } from "./pages/incidents.tsx";
import { KillswitchPage } from "./pages/killswitch.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { Loading } from "./ui/layout.tsx";

const LATER = {
  actions: () => import("./pages/actions.tsx"),
  auditLog: () => import("./pages/audit-log/page.tsx"),
  containment: () => import("./pages/containment/page.tsx"),
  evidence: () => import("./pages/evidence/routes.tsx"),
  explorer: () => import("./pages/explorer/page.tsx"),
  indicators: () => import("./pages/indicators/routes.tsx"),
  playbooks: () => import("./pages/playbooks/routes.tsx"),
  retention: () => import("./pages/retention/page.tsx"),
  rules: () => import("./pages/rules/routes.tsx"),
  session: () => import("./pages/session/page.tsx"),
  settings: () => import("./pages/settings.tsx"),
};

const ActionsPage = lazy(LATER.actions);
const AuditLogPage = lazy(LATER.auditLog);
const ContainmentPage = lazy(LATER.containment);
const EvidenceRoutes = lazy(LATER.evidence);
const ExplorerPage = lazy(LATER.explorer);
const IndicatorRoutes = lazy(LATER.indicators);
const PlaybookRoutes = lazy(LATER.playbooks);
const RetentionPage = lazy(LATER.retention);
const RuleRoutes = lazy(LATER.rules);
const SessionPage = lazy(LATER.session);
const SettingsPage = lazy(LATER.settings);

const under = (names: string) => new RegExp(`^/(?:${names})(?:/|$)`);

/** Long enough for the first page to have its data, on a slow line too. */
const FETCH_AHEAD_MS = 4000;

/** Fetches the other pages once the first one stands, so that they open at once, also when the server is gone by then. */
function useFetchAhead(): void {
  useEffect(() => {
    const fetchAll = async () => {
      // One after the other, so that a slow line is never full of what nobody asked for.
      for (const load of Object.values(LATER)) await load().catch(() => null);
    };
    const timer = setTimeout(() => void fetchAll(), FETCH_AHEAD_MS);
    return () => clearTimeout(timer);
  }, []);
}

export function Pages() {
  useFetchAhead();
  return (
    <Suspense fallback={<Loading rows={8} />}>
      <Switch>
        <Route path="/" component={OverviewPage} />
        <Route path="/incidents" component={IncidentsPage} />
        <Route path="/incidents/:id">{({ id }) => <IncidentPage key={id} id={id} />}</Route>
        <Route path="/alerts" component={AlertsPage} />
        <Route path="/killswitch" component={KillswitchPage} />
        <Route path="/approvals" component={ApprovalsPage} />
        <Route path="/agents" component={AgentsPage} />
        <Route path="/agents/:id">{({ id }) => <AgentPage key={id} id={id} />}</Route>
        <Route path="/containment" component={ContainmentPage} />
        <Route path="/actions" component={ActionsPage} />
        <Route path={under("evidence")} component={EvidenceRoutes} />
        <Route path="/explorer" component={ExplorerPage} />
        <Route path="/sessions/:id">{({ id }) => <SessionPage key={id} id={id} />}</Route>
        <Route path={under("playbooks|runs|drills")} component={PlaybookRoutes} />
        <Route path={under("rules")} component={RuleRoutes} />
        <Route path={under("indicators")} component={IndicatorRoutes} />
        <Route path="/audit-log" component={AuditLogPage} />
        <Route path="/retention" component={RetentionPage} />
        <Route path="/settings" component={SettingsPage} />
        <Route component={NotFound} />
      </Switch>
    </Suspense>
  );
}
