import { Bookmark, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { Empty, Skeleton } from "@/ui/empty";
import { Markdown } from "@/ui/markdown/markdown";
import { Time } from "@/ui/time";
import { useSaved, useSavedMessages } from "./use-saved";

export function SavedList({ onRun }: { onRun: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const saved = useSavedMessages(true);
  const { unsave } = useSaved();
  const items = saved.data?.pages.flatMap((page) => page.data) ?? [];
  if (saved.isPending) return <Skeleton className="m-4 h-24" />;
  if (saved.error !== null) return <p role="alert" className="p-4 text-danger">{errorText(saved.error)}</p>;
  if (items.length === 0) {
    return (
      <Empty
        icon={<Bookmark size={28} strokeWidth={1.5} />}
        title={t("generate.noSaved")}
        text={t("generate.noSavedText")}
        action={<Button onClick={onRun}>{t("generate.runOnce")}</Button>}
      />
    );
  }
  return (
    <ul className="mx-auto flex max-w-188 flex-col gap-4 p-4">
      {items.map((item) => (
        <li key={item.id} className="rounded-card border border-line bg-surface p-4">
          <Markdown text={item.answer} />
          <div className="mt-3 flex items-center text-12 text-muted">
            <Time at={item.created_at} />
            <span className="flex-1" />
            <CopyButton text={item.answer} />
            <IconButton label={t("generate.unsave")} onClick={() => unsave.mutate(item.id)}>
              <Trash2 size={16} strokeWidth={1.5} />
            </IconButton>
          </div>
        </li>
      ))}
      {saved.hasNextPage && (
        <Button busy={saved.isFetchingNextPage} onClick={() => void saved.fetchNextPage()}>
          {t("common.loadMore")}
        </Button>
      )}
    </ul>
  );
}
