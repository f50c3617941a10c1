import clsx from "clsx";
import { Braces, Maximize2, Minimize2 } from "lucide-react";
import { lazy, Suspense, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { VariableScope } from "@/features/variables/scope";
import { useScope } from "@/features/variables/scope-context";
import type { ValueType } from "@/features/variables/types";
import { IconButton } from "@/ui/button";
import type { PromptOptions } from "./prompt-extension";
import type { PromptHandle } from "./prompt-editor-view";
import { useFullscreen } from "./use-fullscreen";
import { references, type Vocabulary } from "./vocabulary";

const View = lazy(() => import("./prompt-editor-view"));

interface PromptEditorProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  id?: string;
  placeholder?: string;
  /** `line` is one line without a bar, for addresses and cells; `area` has a bar with its title and buttons. */
  kind?: "line" | "area";
  blocks?: readonly string[];
  accepted?: readonly ValueType[];
  scope?: VariableScope;
  /** In place of the variables of the canvas around it. */
  vocabulary?: Vocabulary;
  jinja?: boolean;
  names?: readonly string[];
  disabled?: boolean;
  invalid?: boolean;
  /** At the left of the bar, in place of the label. */
  head?: ReactNode;
  /** At the right of the bar. */
  tools?: ReactNode;
  minHeight?: number;
  onBlur?: () => void;
}

const NO_BLOCKS: readonly string[] = [];

/** A text in which `/` and `{` insert variables. */
export function PromptEditor({
  value, onChange, label, id, placeholder, kind = "area", blocks = NO_BLOCKS, accepted, scope: given, vocabulary, jinja = false, names,
  disabled = false, invalid = false, head, tools, minHeight = 88, onBlur,
}: PromptEditorProps) {
  const { t } = useTranslation();
  const around = useScope();
  const scope = given ?? around;
  const { full, toggle, frame } = useFullscreen(label);
  const [handle, setHandle] = useState<PromptHandle | null>(null);
  const line = kind === "line";
  const options = useMemo<PromptOptions>(
    () => ({
      vocabulary: vocabulary ?? references(t, { scope, accepted, blocks }),
      jinja,
      singleLine: line,
      ...(names === undefined ? {} : { names }),
    }),
    [vocabulary, scope, accepted, blocks, jinja, line, names, t],
  );
  const editor = (
    <Suspense fallback={<Waiting value={value} label={label} line={line} />}>
      <View
        value={value}
        onChange={onChange}
        options={options}
        label={label}
        id={id}
        placeholder={placeholder ?? (jinja ? t("editors.prompt.jinjaHint") : t("editors.prompt.hint"))}
        readOnly={disabled}
        onBlur={onBlur}
        onReady={setHandle}
        className={clsx(line ? "[&_.cm-scroller]:overflow-x-auto [&_.cm-content]:py-1!" : "h-full")}
      />
    </Suspense>
  );
  const border = clsx("rounded-control border bg-raised focus-within:border-accent focus-within:outline-1 focus-within:outline-accent", invalid ? "border-danger" : "border-line hover:border-line-strong");
  if (line) return <div className={clsx("min-h-8 min-w-0 flex-1 overflow-hidden", border)}>{editor}</div>;
  return frame(
    <div className={clsx("flex min-w-0 flex-col", border, full && "h-full")}>
      <div className="flex min-h-8 items-center gap-1 border-b border-line ps-2.5 pe-1">
        <div className="min-w-0 flex-1 truncate text-12 font-medium text-muted">{head ?? label}</div>
        <span className="tabular px-1 text-12 text-muted" title={t("editors.prompt.characters")}>
          {value.length}
        </span>
        {tools}
        {!jinja && !disabled && (
          <IconButton label={t("editors.prompt.insert")} onClick={() => handle?.menu()}>
            <Braces size={14} strokeWidth={1.5} />
          </IconButton>
        )}
        <IconButton label={full ? t("editors.smaller") : t("editors.larger")} onClick={toggle}>
          {full ? <Minimize2 size={14} strokeWidth={1.5} /> : <Maximize2 size={14} strokeWidth={1.5} />}
        </IconButton>
      </div>
      <div className={clsx("overflow-y-auto", full ? "min-h-0 flex-1" : "max-h-96")} style={full ? undefined : { minHeight }}>
        {editor}
      </div>
    </div>,
  );
}

/** The text itself, until the editor has been loaded. */
function Waiting({ value, label, line }: { value: string; label: string; line: boolean }) {
  return (
    <div role="textbox" aria-label={label} aria-busy className={clsx("px-2.5 text-13 whitespace-pre-wrap", line ? "truncate py-1" : "py-1.5")}>
      {value}
    </div>
  );
}
