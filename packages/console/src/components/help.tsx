import { Link } from "wouter";
import type { Command } from "../hooks/use-commands.ts";
import { PAGES } from "../navigation.ts";
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

/** The pages that have no place in the phone's bar. */
export function MoreDialog({ onClose }: { readonly onClose: () => void }) {
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
    </Dialog>
  );
}
