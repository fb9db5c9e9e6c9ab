/** The pages of playbooks and their runs: one piece of script that is loaded when somebody goes there. */
import { Route, Switch } from "wouter";
import { NotFound } from "../../components/not-found.tsx";
import { DrillPage } from "../drills/drill.tsx";
import { DrillsPage } from "../drills/list.tsx";
import { RunPage } from "../runs/page.tsx";
import { ImportPage } from "./import.tsx";
import { PlaybooksPage } from "./list.tsx";
import { PlaybookPage } from "./playbook.tsx";

export default function PlaybookRoutes() {
  return (
    <Switch>
      <Route path="/playbooks" component={PlaybooksPage} />
      <Route path="/playbooks/import" component={ImportPage} />
      <Route path="/playbooks/:id">{({ id }) => <PlaybookPage key={id} id={id} />}</Route>
      <Route path="/runs/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
      <Route path="/drills" component={DrillsPage} />
      <Route path="/drills/:id">{({ id }) => <DrillPage key={id} id={id} />}</Route>
      <Route component={NotFound} />
    </Switch>
  );
}
