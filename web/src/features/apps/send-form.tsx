import type { ReactNode } from "react";

interface SendFormProps {
  /** Named by the button in the dialog's footer. */
  id: string;
  onSend: () => void;
  className?: string;
  children: ReactNode;
}

/** A form that Ctrl+Enter or ⌘Enter sends from every field, and Enter from those of one line. */
export function SendForm({ id, onSend, className, children }: SendFormProps) {
  return (
    <form
      id={id}
      noValidate
      className={className}
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.nativeEvent.isComposing || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        onSend();
      }}
    >
      {children}
    </form>
  );
}
