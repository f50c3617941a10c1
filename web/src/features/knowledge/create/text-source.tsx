import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { csrfToken } from "@/api/client";
import { sendFile } from "@/api/upload";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Field, fieldProps, TextArea, TextInput } from "@/ui/field";
import type { Chosen } from "./chosen";

/** Text that is typed or pasted; it is kept as a file. */
export function TextSource({ chosen, onChoose }: { chosen: Chosen | null; onChoose: (chosen: Chosen) => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const keep = useMutation({
    mutationFn: () => sendFile("/console/api/files/upload?source=datasets", { "X-CSRF-Token": csrfToken() }, new File([text], `${name.trim()}.md`, { type: "text/markdown" }), () => undefined, new AbortController().signal),
    onSuccess: (file) => onChoose({ type: "upload_file", items: [...(chosen?.type === "upload_file" ? chosen.items : []), { id: file.id, name: file.name }] }),
  });
  const error = keep.error === null ? undefined : errorText(keep.error);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        keep.mutate(undefined, {
          onSuccess: () => {
            setName("");
            setText("");
          },
        });
      }}
    >
      <Field id="text-name" label={t("knowledgeSetup.text.name")} error={error}>
        <TextInput {...fieldProps("text-name", error)} maxLength={180} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <Field id="text-content" label={t("knowledgeSetup.text.content")} hint={t("knowledgeSetup.text.hint")}>
        <TextArea id="text-content" className="min-h-60" value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
      <Button type="submit" className="self-start" busy={keep.isPending} disabled={name.trim() === "" || text.trim() === ""}>
        {t("knowledgeSetup.text.keep")}
      </Button>
      {chosen?.type === "upload_file" && chosen.items.length > 0 && (
        <p role="status" className="text-muted">
          {t("knowledgeSetup.text.kept", { names: chosen.items.map((item) => item.name).join(", ") })}
        </p>
      )}
    </form>
  );
}
