import { useTranslation } from "react-i18next";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { usePanel } from "../panel-context";

export default function AnswerPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<{ answer: string }>();
  return <PromptEditor label={t("panels.answer.text")} value={data.answer ?? ""} disabled={disabled} minHeight={180} onChange={(answer) => set({ answer })} />;
}
