import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BookOpen, ChevronDown, Code, Compass, ExternalLink, History, KeyRound, RotateCcw } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { workflowApi } from "@/features/workflow/store/api";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/ui/menu";
import { Time } from "@/ui/time";
import type { AppDetail } from "./configuration";
import type { Editing } from "./use-configuration";

const VersionsDialog = lazy(async () => ({ default: (await import("./versions-dialog")).VersionsDialog }));

interface PublishMenuProps {
  app: AppDetail;
  editing: Editing;
  editable: boolean;
}

/** Publishes, and leads to what publishing makes: the page, the API, earlier versions. */
export function PublishMenu({ app, editing, editable }: PublishMenuProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [versions, setVersions] = useState(false);
  const { data: published } = useQuery({ queryKey: ["published", app.id], queryFn: () => workflowApi.published(app.id) });
  const { changed, busy, publish, restore } = editing;
  const never = published === null;
  const page = app.enable_site ? app.site?.url : undefined;
  const icon = { size: 16, strokeWidth: 1.5 };
  return (
    <>
      <span className="text-12 text-muted max-sm:hidden" role="status">
        {changed ? (
          <>
            <span aria-hidden className="me-1.5 inline-block size-1.5 rounded-full bg-warn align-middle" />
            {t("orchestration.notPublished")}
          </>
        ) : published == null ? (
          ""
        ) : (
          <>
            {t("orchestration.lastPublished")} <Time at={published.created_at} />
          </>
        )}
      </span>
      <div className="flex">
        <Button size="small" variant="primary" className="rounded-e-none!" busy={busy} disabled={!editable || !(changed || never)} onClick={() => void publish()}>
          {t("orchestration.publish")}
        </Button>
        <Menu
          trigger={
            <Button size="small" variant="primary" className="rounded-s-none! border-s border-bg/30 px-1!" aria-label={t("orchestration.publishMenu")}>
              <ChevronDown size={14} strokeWidth={1.5} />
            </Button>
          }
        >
          <MenuLabel>
            {published == null ? (
              t("orchestration.neverPublished")
            ) : (
              <>
                {t("orchestration.lastPublished")} <Time at={published.created_at} />
              </>
            )}
          </MenuLabel>
          <MenuItem icon={<RotateCcw {...icon} />} disabled={!changed || never || !editable} onSelect={restore}>
            {t("orchestration.discard")}
          </MenuItem>
          <MenuItem icon={<History {...icon} />} disabled={published == null} onSelect={() => setVersions(true)}>
            {t("orchestration.versions")}
          </MenuItem>
          <MenuSeparator />
          <MenuItem icon={<ExternalLink {...icon} />} disabled={never || page === undefined} onSelect={() => window.open(page, "_blank", "noopener")}>
            {t("orchestration.open")}
          </MenuItem>
          {app.mode !== "completion" && (
            <MenuItem icon={<Code {...icon} />} disabled={never || page === undefined} onSelect={() => void navigate({ to: "/app/$appId/overview", params: { appId: app.id }, search: { show: "embed" } })}>
              {t("orchestration.embed")}
            </MenuItem>
          )}
          <MenuItem icon={<Compass {...icon} />} disabled={never} onSelect={() => void navigate({ to: "/explore/installed/$appId", params: { appId: app.id } })}>
            {t("orchestration.explore")}
          </MenuItem>
          <MenuItem icon={<KeyRound {...icon} />} disabled={never} onSelect={() => void navigate({ to: "/app/$appId/overview", params: { appId: app.id } })}>
            {t("orchestration.access")}
          </MenuItem>
          <MenuItem icon={<BookOpen {...icon} />} onSelect={() => void navigate({ to: "/app/$appId/develop", params: { appId: app.id } })}>
            {t("publish.reference")}
          </MenuItem>
        </Menu>
      </div>
      <Suspense>{versions && <VersionsDialog appId={app.id} editing={editing} editable={editable} onClose={() => setVersions(false)} />}</Suspense>
      <ConflictDialog editing={editing} />
    </>
  );
}

/** Somebody else has published since this was opened: neither is lost unasked. */
function ConflictDialog({ editing }: { editing: Editing }) {
  const { t } = useTranslation();
  const { conflict, takeTheirs, publish, postpone, busy } = editing;
  if (conflict === null) return null;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && postpone()}
      size="medium"
      title={t("orchestration.conflict.title")}
      description={t("orchestration.conflict.text")}
      footer={
        <>
          <Button onClick={() => takeTheirs(conflict)}>{t("orchestration.conflict.theirs")}</Button>
          <Button variant="primary" busy={busy} onClick={() => void publish(conflict)}>
            {t("orchestration.conflict.mine")}
          </Button>
        </>
      }
    >
      <p className="text-muted">
        {t("orchestration.conflict.when")} <Time at={conflict.updated_at} />
      </p>
    </Dialog>
  );
}
