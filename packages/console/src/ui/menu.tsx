import { Menu as Base } from "@base-ui/react/menu";
import { Icon } from "./icons.tsx";
import { notify } from "./toast.tsx";

export interface MenuItem {
  readonly id: string;
  readonly label: string;
  /** why it cannot be chosen now; it stays in the menu so that the reason can be read */
  readonly disabledReason: string | null;
  readonly run: () => void;
}

/** What else can be done, behind one button. */
export function Menu({ label, items }: { readonly label: string; readonly items: readonly MenuItem[] }) {
  return (
    <Base.Root>
      <Base.Trigger className="icon-button" aria-label={label} title={label}>
        <Icon name="more" />
      </Base.Trigger>
      {/* within the page, so that it stays part of its landmark */}
      <Base.Portal container={document.getElementById("main")}>
        <Base.Positioner sideOffset={4} align="end" className="menu-place">
          <Base.Popup className="menu">
            {items.map(({ id, label: text, disabledReason, run }) => (
              <Base.Item
                key={id}
                className="menu-item"
                aria-disabled={disabledReason !== null || undefined}
                title={disabledReason ?? undefined}
                onClick={() => (disabledReason === null ? run() : notify("info", "Not available now", disabledReason))}
              >
                {text}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
