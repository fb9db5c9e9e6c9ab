import { Link } from "wouter";
import { Empty } from "../ui/layout.tsx";
import { Page } from "./page.tsx";

export function NotFound() {
  return (
    <Page title="Nothing is here" back={{ href: "/", label: "Overview" }}>
      <Empty title="This address leads nowhere">
        What is wrong now stands on the <Link href="/">overview</Link>; “More” and Ctrl-K lead to every page.
      </Empty>
    </Page>
  );
}
