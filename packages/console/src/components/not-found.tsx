import { Empty } from "../ui/layout.tsx";
import { Page } from "./page.tsx";

export function NotFound() {
  return (
    <Page title="Nothing is here">
      <Empty title="This address leads nowhere">Use Ctrl-K to go to any page.</Empty>
    </Page>
  );
}
