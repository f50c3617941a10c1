import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Badge } from "@/ui/badge";
import { Cell, HeadCell, Row, Table, TableHead } from "@/ui/table";
import { Time } from "@/ui/time";
import { ConversationDrawer } from "./conversation-drawer";
import { FeedbackExport } from "./feedback-export";
import { Choice, Filters } from "./filters";
import { ANNOTATED, oneOf, SORTS } from "./log-filter";
import { LogList } from "./log-list";
import type { LogProps } from "./logs-page";
import { conversationsQuery } from "./logs-query";
import { Annotated, Person, Ratings, Unread } from "./marks";
import { useStart } from "./use-start";

/** The conversations of end users with an app. */
export function ConversationLog({ app, search, onSearch }: LogProps) {
  const { t } = useTranslation();
  const list = useQuery(conversationsQuery(app.id, search, useStart(search.period)));
  const ids = list.data?.data.map((entry) => entry.id) ?? [];
  const open = (id: string | undefined) => onSearch({ ...search, open: id });
  return (
    <>
      <Filters search={search} onChange={onSearch} actions={<FeedbackExport appId={app.id} />}>
        <Choice
          label={t("logs.annotatedFilter")}
          value={oneOf(ANNOTATED, search.annotated)}
          usual="all"
          options={ANNOTATED.map((value) => ({ value, label: value === "all" ? `${t("logs.annotatedFilter")}: ${t("logs.annotated.all")}` : t(`logs.annotated.${value}`) }))}
          onChange={(annotated) => onSearch({ ...search, annotated, page: undefined })}
        />
        <Choice
          label={t("logs.sort")}
          value={oneOf(SORTS, search.sort)}
          usual={SORTS[0]}
          options={SORTS.map((value) => ({ value, label: t(`logs.sorts.${value}`) }))}
          onChange={(sort) => onSearch({ ...search, sort, page: undefined })}
        />
      </Filters>
      <LogList list={list} search={search} onSearch={onSearch} appUrl={app.site?.url}>
        {(entries) => (
          <Table label={t("logs.conversations")}>
            <TableHead>
              <HeadCell className="w-full">{t("logs.summary")}</HeadCell>
              <HeadCell className="max-sm:hidden">{t("logs.person")}</HeadCell>
              <HeadCell numeric>{t("logs.messages")}</HeadCell>
              <HeadCell className="max-md:hidden">{t("logs.userRating")}</HeadCell>
              <HeadCell className="max-md:hidden">{t("logs.adminRating")}</HeadCell>
              <HeadCell>{t("logs.updated")}</HeadCell>
              <HeadCell className="max-lg:hidden">{t("logs.created")}</HeadCell>
            </TableHead>
            <tbody>
              {entries.map((entry) => (
                <ConversationRow key={entry.id} entry={entry} selected={entry.id === search.open} onOpen={() => open(entry.id)} />
              ))}
            </tbody>
          </Table>
        )}
      </LogList>
      {search.open !== undefined && <ConversationDrawer key={search.open} appId={app.id} id={search.open} neighbours={ids} onOpen={open} onClose={() => open(undefined)} />}
    </>
  );
}

function ConversationRow({ entry, selected, onOpen }: { entry: Schemas["LoggedConversation"]; selected: boolean; onOpen: () => void }) {
  const { t } = useTranslation();
  return (
    <Row onOpen={onOpen} selected={selected}>
      <Cell className="max-w-0">
        <span className="flex items-center gap-2">
          <Unread at={entry.read_at} />
          <span className="truncate">{entry.summary.trim() === "" ? t("logs.untitled") : entry.summary}</span>
          <Annotated on={entry.annotated} />
          {entry.failure_count > 0 && <Badge tone="danger">{t("logs.failures", { count: entry.failure_count })}</Badge>}
          {entry.deleted_by_user && <Badge>{t("logs.deleted")}</Badge>}
        </span>
      </Cell>
      <Cell className="max-w-50 max-sm:hidden">
        <Person name={entry.person} member={entry.by_account} />
      </Cell>
      <Cell className="text-end">{entry.message_count}</Cell>
      <Cell className="max-md:hidden">
        <Ratings {...entry.user_ratings} />
      </Cell>
      <Cell className="max-md:hidden">
        <Ratings {...entry.admin_ratings} />
      </Cell>
      <Cell className="text-muted">
        <Time at={entry.updated_at} />
      </Cell>
      <Cell className="text-muted max-lg:hidden">
        <Time at={entry.created_at} />
      </Cell>
    </Row>
  );
}
