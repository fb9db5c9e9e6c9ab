import { Route, Switch } from "wouter";
import { NotFound } from "../../components/not-found.tsx";
import { ArchivePage } from "./archive.tsx";
import { EvidencePage } from "./list.tsx";

export default function EvidenceRoutes() {
  return (
    <Switch>
      <Route path="/evidence" component={EvidencePage} />
      <Route path="/evidence/:id">{({ id }) => <ArchivePage key={id} id={id} />}</Route>
      <Route component={NotFound} />
    </Switch>
  );
}
