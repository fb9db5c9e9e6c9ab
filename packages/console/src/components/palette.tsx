import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog as Base } from "@base-ui/react/dialog";
import type { Command } from "../hooks/use-commands.ts";
import { Icon } from "../ui/icons.tsx";
import { Kbd } from "../ui/layout.tsx";
import { notify } from "../ui/toast.tsx";

interface Group {
  readonly value: string;
  readonly items: readonly Command[];
}

function groupCommands(commands: readonly Command[]): Group[] {
  const groups = new Map<string, Command[]>();
  for (const command of commands) {
    const group = groups.get(command.group) ?? [];
    group.push(command);
    groups.set(command.group, group);
  }
  return [...groups].map(([value, items]) => ({ value, items }));
}

interface PaletteProps {
  readonly commands: readonly Command[];
  readonly onClose: () => void;
}

/** Every page and every command by name. Dangerous ones only open their preview. */
export function Palette({ commands, onClose }: PaletteProps) {
  const choose = (command: Command) => {
    if (command.disabledReason) return notify("info", command.title, command.disabledReason);
    onClose();
    command.run();
  };
  return (
    <Base.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Viewport className="palette-viewport">
          <Base.Popup className="palette" aria-label="Command palette">
            <Autocomplete.Root
              open
              inline
              items={groupCommands(commands)}
              autoHighlight="always"
              keepHighlight
              itemToStringValue={(command: Command) => `${command.title} ${command.group} ${command.keywords ?? ""}`}
            >
              <div className="palette-field">
                <Icon name="search" />
                <Autocomplete.Input
                  className="palette-input"
                  aria-label="Search commands"
                  placeholder="Go to, stop, resume, acknowledge…"
                />
                <Base.Close className="icon-button" aria-label="Close">
                  <Icon name="cross" />
                </Base.Close>
              </div>
              <Autocomplete.Empty>
                <p className="palette-empty">No command has that name.</p>
              </Autocomplete.Empty>
              <Autocomplete.List className="palette-list" aria-label="Commands">
                {(group: Group) => (
                  <Autocomplete.Group key={group.value} items={group.items} className="palette-group">
                    <Autocomplete.GroupLabel className="palette-label">{group.value}</Autocomplete.GroupLabel>
                    <Autocomplete.Collection>
                      {(command: Command) => (
                        <Autocomplete.Item
                          key={command.id}
                          value={command}
                          className="palette-item"
                          onClick={() => choose(command)}
                        >
                          <span className="palette-title">{command.title}</span>
                          {command.disabledReason && <span className="muted">not available</span>}
                          {command.keys && <Kbd keys={command.keys} />}
                        </Autocomplete.Item>
                      )}
                    </Autocomplete.Collection>
                  </Autocomplete.Group>
                )}
              </Autocomplete.List>
            </Autocomplete.Root>
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
