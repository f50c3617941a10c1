import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "./button";

/** What a toast offers beside saying: to undo, to look. */
export interface ToastAction {
  label: string;
  perform: () => unknown;
}

interface Toast {
  id: number;
  tone: "ok" | "danger";
  text: string;
  action: ToastAction | undefined;
}

const LIFETIME_MS = 5000;
/** Time to read and to decide. */
const WITH_ACTION_MS = 10_000;
let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function update(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function dismiss(id: number): void {
  update(toasts.filter((toast) => toast.id !== id));
}

/** Says in the corner, for five seconds, that an action worked or failed; for ten when it offers an action. */
export function showToast(tone: Toast["tone"], text: string, action?: ToastAction): void {
  const id = nextId++;
  update([...toasts.slice(-3), { id, tone, text, action }]);
  setTimeout(() => dismiss(id), action === undefined ? LIFETIME_MS : WITH_ACTION_MS);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toaster() {
  const { t } = useTranslation();
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div role="status" aria-live="polite" data-toaster="" className="pointer-events-none fixed top-3 right-3 z-60 flex flex-col items-end gap-2">
      {shown.map((toast) => (
        <div
          key={toast.id}
          className="animate-appear pointer-events-auto flex max-w-90 items-start gap-2 rounded-card border border-line bg-raised py-2 pr-1.5 pl-3 shadow-float"
        >
          {toast.tone === "ok" ? (
            <CircleCheck size={16} strokeWidth={1.5} className="mt-1.5 shrink-0 text-ok" />
          ) : (
            <CircleAlert size={16} strokeWidth={1.5} className="mt-1.5 shrink-0 text-danger" />
          )}
          <p className="min-w-0 py-1 wrap-anywhere">{toast.text}</p>
          {toast.action !== undefined && (
            <Button
              size="small"
              variant="accent"
              onClick={() => {
                dismiss(toast.id);
                toast.action?.perform();
              }}
            >
              {toast.action.label}
            </Button>
          )}
          <IconButton label={t("common.close")} onClick={() => dismiss(toast.id)}>
            <X size={14} strokeWidth={1.5} />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
