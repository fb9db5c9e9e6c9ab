import { Route, Switch } from "wouter";
import { NotFound } from "../../components/not-found.tsx";
import { IndicatorsPage } from "./page.tsx";
import { ScanPage } from "./scan.tsx";

/** Loaded when somebody goes there. */
export default function IndicatorRoutes() {
  return (
    <Switch>
      <Route path="/indicators" component={IndicatorsPage} />
      <Route path="/indicators/scans/:id">{({ id }) => <ScanPage key={id} id={id} />}</Route>
      <Route component={NotFound} />
    </Switch>
  );
}
