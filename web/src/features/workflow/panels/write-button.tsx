import { Sparkles } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ModelSettings } from "@/features/model-picker/models";
import { IconButton } from "@/ui/button";

const WriteDialog = lazy(() => import("./write-dialog"));

export interface WriteProps {
  /** What is to be written: a prompt, or code in a language. */
  what: "prompt" | "python3" | "javascript";
  /** What is there now. */
  current: string;
  /** The model that is asked first; the workspace's own without one. */
  model?: ModelSettings | undefined;
  onWritten: (text: string) => void;
}

/** Opens where a model writes a part of a node. */
export function WriteButton(props: WriteProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton label={t("nodes.write.open")} onClick={() => setOpen(true)}>
        <Sparkles size={14} strokeWidth={1.5} />
      </IconButton>
      <Suspense>{open && <WriteDialog {...props} onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
}
