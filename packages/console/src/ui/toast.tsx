import { Toast } from "@base-ui/react/toast";
import { Icon } from "./icons.tsx";

const manager = Toast.createToastManager();

export type ToastKind = "done" | "info" | "fault";

const TIMEOUT_MS = { done: 5000, info: 6000, fault: 12_000 } as const satisfies Record<ToastKind, number>;

/** Says something that needs no answer; read out by assistive technology, at once when it is a fault. */
export function notify(kind: ToastKind, title: string, description?: string): void {
  manager.add({
    title,
    type: kind,
    timeout: TIMEOUT_MS[kind],
    priority: kind === "fault" ? "high" : "low",
    ...(description === undefined ? {} : { description }),
  });
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast" swipeDirection={["right", "down"]}>
      <Toast.Content className="toast-content">
        <Icon name={toast.type === "fault" ? "warn" : toast.type === "done" ? "check" : "dot"} />
        <div className="toast-text">
          <Toast.Title className="toast-title" render={<p />} />
          <Toast.Description className="toast-description" />
        </div>
        <Toast.Close className="icon-button" aria-label="Dismiss">
          <Icon name="cross" />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
