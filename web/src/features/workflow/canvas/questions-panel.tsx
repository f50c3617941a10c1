import { useTranslation } from "react-i18next";
import { QuestionList } from "../panels/nodes/question-list";
import { useWorkflow } from "../store";
import { Panel } from "./side-panel";

/** What a knowledge pipeline asks for with every data source. */
export function QuestionsPanel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const editable = useWorkflow((state) => state.editable);
  return (
    <Panel title={t("workflow.commands.questions")} onClose={onClose}>
      <div className="flex flex-col gap-3 text-13">
        <p className="text-muted">{t("pipelines.questions.shared")}</p>
        <QuestionList owner="shared" disabled={!editable} />
      </div>
    </Panel>
  );
}
