import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";

/** What people think of the answers, as a file. */
export function FeedbackExport({ appId }: { appId: string }) {
  const { t } = useTranslation();
  const download = (format: "csv" | "json") => window.location.assign(`/console/api/apps/${appId}/feedbacks/export?format=${format}`);
  return (
    <Menu
      trigger={
        <Button size="small" icon={<Download size={14} strokeWidth={1.5} />}>
          {t("logs.export")}
        </Button>
      }
    >
      <MenuItem onSelect={() => download("csv")}>{t("logs.exportCsv")}</MenuItem>
      <MenuItem onSelect={() => download("json")}>{t("logs.exportJson")}</MenuItem>
    </Menu>
  );
}
