import clsx from "clsx";
import { Maximize2, Minimize2 } from "lucide-react";
import { lazy, Suspense, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { CopyButton } from "@/ui/copy-button";
import { IconButton } from "@/ui/button";
import type { CodeLanguage } from "./languages";
import { useFullscreen } from "./use-fullscreen";

const View = lazy(() => import("./code-editor-view"));

interface CodeEditorProps {
  value: string;
  onChange: (value: string) => void;
  language: CodeLanguage;
  label: string;
  id?: string;
  names?: readonly string[];
  disabled?: boolean;
  invalid?: boolean;
  placeholder?: string;
  head?: ReactNode;
  tools?: ReactNode;
  minHeight?: number;
  onBlur?: () => void;
}

/** Code with line numbers, search and completion; it can grow to the whole window. */
export function CodeEditor({ value, onChange, language, label, id, names, disabled, invalid = false, placeholder, head, tools, minHeight = 120, onBlur }: CodeEditorProps) {
  const { t } = useTranslation();
  const { full, toggle, frame } = useFullscreen(label);
  return frame(
    <div
      className={clsx(
        "flex min-w-0 flex-col rounded-control border bg-raised focus-within:border-accent focus-within:outline-1 focus-within:outline-accent",
        invalid ? "border-danger" : "border-line hover:border-line-strong",
        full && "h-full",
      )}
    >
      <div className="flex min-h-8 items-center gap-1 border-b border-line ps-2.5 pe-1">
        <div className="min-w-0 flex-1 truncate text-12 font-medium text-muted">{head ?? label}</div>
        {tools}
        <CopyButton text={value} label={t("editors.copy")} />
        <IconButton label={full ? t("editors.smaller") : t("editors.larger")} onClick={toggle}>
          {full ? <Minimize2 size={14} strokeWidth={1.5} /> : <Maximize2 size={14} strokeWidth={1.5} />}
        </IconButton>
      </div>
      <div className={clsx("overflow-y-auto", full ? "min-h-0 flex-1" : "max-h-96")} style={full ? undefined : { minHeight }}>
        <Suspense fallback={<pre className="px-2.5 py-1.5 font-mono text-12 whitespace-pre-wrap" aria-label={label} aria-busy>{value}</pre>}>
          <View
            value={value}
            onChange={onChange}
            language={language}
            label={label}
            id={id}
            names={names}
            readOnly={disabled}
            invalid={invalid}
            placeholder={placeholder}
            onBlur={onBlur}
            className="h-full"
          />
        </Suspense>
      </div>
    </div>,
  );
}
