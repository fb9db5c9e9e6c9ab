import { Route, Switch } from "wouter";
import { NotFound } from "../../components/not-found.tsx";
import { RulesPage } from "./list.tsx";
import { ReplayPage } from "./replay.tsx";
import { ReplaysPage } from "./replays.tsx";
import { RulePage } from "./rule.tsx";
import { TryPage } from "./try.tsx";

export default function RuleRoutes() {
  return (
    <Switch>
      <Route path="/rules" component={RulesPage} />
      <Route path="/rules/try" component={TryPage} />
      <Route path="/rules/replays" component={ReplaysPage} />
      <Route path="/rules/replays/:id">{({ id }) => <ReplayPage key={id} id={id} />}</Route>
      <Route path="/rules/rule/:id">{({ id }) => <RulePage key={id} id={id} />}</Route>
      <Route component={NotFound} />
    </Switch>
  );
}
