import { type ComponentProps, type MouseEvent, type ReactNode, useId } from "react";
import { Icon, type IconName } from "./icons.tsx";
import { notify } from "./toast.tsx";

export type ButtonKind = "primary" | "plain" | "quiet" | "danger" | "danger-plain";

interface ButtonProps extends Omit<ComponentProps<"button">, "disabled" | "className"> {
  readonly kind?: ButtonKind;
  readonly icon?: IconName;
  readonly busy?: boolean;
  /** why it cannot be pressed now; the button stays reachable so that the reason can be read */
  readonly disabledReason?: string | null | undefined;
  readonly grow?: boolean;
  readonly children: ReactNode;
}

/** A button that says why when it cannot be pressed: on hover, to assistive technology, and when it is pressed anyway. */
export function Button(props: ButtonProps) {
  const { kind = "plain", icon, busy = false, disabledReason, grow, children, onClick, type, ...rest } = props;
  const reasonId = useId();
  const blocked = busy || Boolean(disabledReason);
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (!blocked) return onClick?.(event);
    event.preventDefault();
    if (disabledReason) notify("info", "Not available now", disabledReason);
  };
  return (
    <>
      <button
        {...rest}
        type={type ?? "button"}
        className={`button button-${kind}${grow ? " button-grow" : ""}`}
        aria-disabled={blocked || undefined}
        aria-busy={busy || undefined}
        title={disabledReason ?? rest.title}
        aria-describedby={disabledReason ? reasonId : rest["aria-describedby"]}
        onClick={press}
      >
        {busy ? <span className="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
        {children}
      </button>
      {disabledReason && (
        <span id={reasonId} hidden>
          {disabledReason}
        </span>
      )}
    </>
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "className" | "children"> {
  readonly icon: IconName;
  readonly label: string;
}

export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <button type="button" {...rest} className="icon-button" aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}
