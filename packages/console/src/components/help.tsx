import { Link } from "wouter";
import type { Command } from "../hooks/use-commands.ts";
import { useMe } from "../hooks/use-me.ts";
import { PAGES } from "../navigation.ts";
import { zoneHere } from "../time.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icons.tsx";
import { Kbd } from "../ui/layout.tsx";

const ALWAYS = [
  { keys: "Ctrl-K", title: "Every page and command" },
  { keys: "j", title: "Next row" },
  { keys: "k", title: "Previous row" },
  { keys: "Enter", title: "Open the row" },
  { keys: "/", title: "Search or filter" },
  { keys: "Esc", title: "Close, or leave the field" },
  { keys: "?", title: "This help" },
] as const;

interface HelpProps {
  readonly commands: readonly Command[];
  readonly onClose: () => void;
}

export function HelpDialog({ commands, onClose }: HelpProps) {
  const keyed = commands.flatMap((command) =>
    command.keys === undefined ? [] : [{ keys: command.keys, title: command.title }],
  );
  return (
    <Dialog open onClose={onClose} title="Keyboard" description="Single keys can be turned off under Settings.">
      <dl className="key-list">
        {[...ALWAYS, ...keyed].map((entry) => (
          <div key={entry.keys} className="key-row">
            <dt>
              <Kbd keys={entry.keys} />
            </dt>
            <dd>{entry.title}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

/** Every page, for the phone, whose bar has room for a few; and who one is, and how to leave. */
export function MoreDialog({ commands, onClose }: HelpProps) {
  const me = useMe();
  const signOut = commands.find(({ id }) => id === "sign-out");
  return (
    <Dialog open onClose={onClose} title="More">
      <nav className="more-list" aria-label="All pages">
        {PAGES.map((page) => (
          <Link key={page.href} href={page.href} className="more-link" onClick={onClose}>
            <Icon name={page.icon} size={20} />
            {page.title}
          </Link>
        ))}
      </nav>
      <div className="more-foot">
        <p>
          {me.actor.name}, {me.access}
          <br />
          Times in {zoneHere()}
        </p>
        {signOut && (
          <Button icon="out" onClick={signOut.run}>
            Sign out
          </Button>
        )}
      </div>
    </Dialog>
  );
}
