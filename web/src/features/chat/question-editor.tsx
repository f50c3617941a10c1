import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { TextArea } from "@/ui/field";

interface QuestionEditorProps {
  query: string;
  onSend: (query: string) => void;
  onCancel: () => void;
}

/** Changes a question; the old one and its answer stay as siblings. */
export function QuestionEditor({ query, onSend, onCancel }: QuestionEditorProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(query);
  const box = useRef<HTMLTextAreaElement>(null);

  useEffect(() => box.current?.focus(), []);

  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onSend(text.trim());
      }}
    >
      <TextArea
        aria-label={t("chat.edit")}
        value={text}
        ref={box}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          onCancel();
        }}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{t("common.cancel")}</Button>
        <Button type="submit" variant="primary" disabled={text.trim() === ""}>
          {t("common.send")}
        </Button>
      </div>
    </form>
  );
}
