import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { withQuery } from "@/api/http";
import { Button } from "@/ui/button";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/ui/menu";
import { saveAs } from "@/ui/save-as";
import type { RunFilter, TalkFilter } from "./logs-query";

interface LogExportProps {
  appId: string;
  log: "chat-conversations" | "completion-messages" | "workflow-app-logs";
  /** The file holds what the list would show, all pages of it. */
  filter: TalkFilter | RunFilter;
}

/** The log, and what people think of the answers, as files. */
export function LogExport({ appId, log, filter }: LogExportProps) {
  const { t } = useTranslation();
  const at = (path: string, query: Record<string, string>) => saveAs(withQuery(`/console/api/apps/${appId}/${path}/export`, query));
  const { start, end } = filter;
  return (
    <Menu
      trigger={
        <Button size="small" icon={<Download size={14} strokeWidth={1.5} />}>
          {t("logs.export")}
        </Button>
      }
    >
      <MenuLabel>{t("logs.exportLog")}</MenuLabel>
      <MenuItem onSelect={() => at(log, { ...filter, format: "csv" })}>{t("logs.exportCsv")}</MenuItem>
      <MenuItem onSelect={() => at(log, { ...filter, format: "jsonl" })}>{t("logs.exportLines")}</MenuItem>
      {log !== "workflow-app-logs" && (
        <>
          <MenuSeparator />
          <MenuLabel>{t("logs.exportFeedback")}</MenuLabel>
          <MenuItem onSelect={() => at("feedbacks", { start, end, format: "csv" })}>{t("logs.feedbackCsv")}</MenuItem>
          <MenuItem onSelect={() => at("feedbacks", { start, end, format: "json" })}>{t("logs.feedbackJson")}</MenuItem>
        </>
      )}
    </Menu>
  );
}
