import { Dialog as Base } from "@base-ui/react/dialog";
import { type ReactNode, useCallback, useRef } from "react";
import { Icon } from "./icons.tsx";

interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** What a person is most likely to want first: the marked field, else the first field, else the act itself. */
const FIRST_FOCUS = ["[data-autofocus]", "input:checked, input:not([type=radio]), textarea, select", "[type=submit]"];

/** A modal dialog; on a phone a sheet over the whole width. Escape and the backdrop close it. */
export function Dialog({ open, onClose, title, description, wide, children }: DialogProps) {
  const popup = useRef<HTMLDivElement>(null);
  const initialFocus = useCallback((opened: string) => {
    // On a touch screen a focused field would open the keyboard over the very thing that is to be read.
    if (opened === "touch") return popup.current;
    for (const selector of FIRST_FOCUS) {
      const found = popup.current?.querySelector<HTMLElement>(selector);
      if (found) return found;
    }
    return true;
  }, []);
  return (
    <Base.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Viewport className="dialog-viewport">
          <Base.Popup ref={popup} className={`dialog${wide ? " dialog-wide" : ""}`} initialFocus={initialFocus}>
            <header className="dialog-head">
              <Base.Title className="dialog-title">{title}</Base.Title>
              <Base.Close className="icon-button" aria-label="Close" title="Close (Esc)">
                <Icon name="cross" />
              </Base.Close>
            </header>
            {description !== undefined && (
              <Base.Description className="dialog-description" render={<div />}>
                {description}
              </Base.Description>
            )}
            {children}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
