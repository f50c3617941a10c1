import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSourceName } from "@/features/run-log/source-name";
import { StatusLabel } from "@/ui/status";
import { Cell, HeadCell, Row, Table, TableHead } from "@/ui/table";
import { formatDuration, Time } from "@/ui/time";
import type { RunStatus } from "@/api/events";
import { CameFrom, Ended, Filters, Order } from "./filters";
import { LogExport } from "./log-export";
import { RUN_SORTS } from "./log-filter";
import { LogList } from "./log-list";
import type { LogProps } from "./logs-page";
import { runFilter, runsQuery } from "./logs-query";
import { keyName, Person, Unread } from "./marks";
import { RunDrawer } from "./run-drawer";
import { useSpan } from "./use-span";

/** The runs of a workflow for its users. */
export function RunLog({ app, search, onSearch }: LogProps) {
  const { t, i18n } = useTranslation();
  const sourceName = useSourceName();
  const filter = runFilter(search, useSpan(search.period));
  const list = useQuery(runsQuery(app.id, search, filter));
  const filters = { search, onChange: onSearch };
  const ids = list.data?.data.map((entry) => entry.id) ?? [];
  const open = (id: string | undefined) => onSearch({ ...search, open: id });
  return (
    <>
      <Filters search={search} onChange={onSearch} actions={<LogExport appId={app.id} log="workflow-app-logs" filter={filter} />}>
        <Ended {...filters} />
        <CameFrom appId={app.id} {...filters} />
        <Order {...filters} sorts={RUN_SORTS} />
      </Filters>
      <LogList list={list} search={search} onSearch={onSearch} appUrl={app.site?.url}>
        {(entries) => (
          <Table label={t("logs.runs")}>
            <TableHead>
              <HeadCell>{t("logs.when")}</HeadCell>
              <HeadCell>{t("logs.status")}</HeadCell>
              <HeadCell className="w-full max-md:hidden">{t("logs.input")}</HeadCell>
              <HeadCell numeric>{t("logs.time")}</HeadCell>
              <HeadCell numeric className="max-sm:hidden">
                {t("logs.tokens")}
              </HeadCell>
              <HeadCell className="max-sm:hidden">{t("logs.person")}</HeadCell>
              <HeadCell className="max-lg:hidden">{t("logs.cameFrom")}</HeadCell>
            </TableHead>
            <tbody>
              {entries.map((entry) => (
                <Row key={entry.id} onOpen={() => open(entry.id)} selected={entry.id === search.open}>
                  <Cell>
                    <span className="flex items-center gap-2">
                      <Unread at={entry.read_at} />
                      <Time at={entry.created_at} />
                    </span>
                  </Cell>
                  <Cell>
                    <StatusLabel status={entry.status as RunStatus} />
                  </Cell>
                  <Cell className="max-w-0 truncate text-muted max-md:hidden">{entry.preview.query ?? entry.preview.inputs ?? ""}</Cell>
                  <Cell className="text-end whitespace-nowrap">{formatDuration(entry.elapsed_time)}</Cell>
                  <Cell className="text-end max-sm:hidden">{entry.total_tokens.toLocaleString(i18n.language)}</Cell>
                  <Cell className="max-w-50 max-sm:hidden">
                    <Person name={entry.end_user ?? entry.account} member={entry.account !== null} />
                  </Cell>
                  <Cell className="whitespace-nowrap text-muted max-lg:hidden">
                    {sourceName(entry.created_from)}
                    {entry.api_key != null && <span className="block max-w-40 truncate text-12">{keyName(entry.api_key)}</span>}
                  </Cell>
                </Row>
              ))}
            </tbody>
          </Table>
        )}
      </LogList>
      {search.open !== undefined && <RunDrawer key={search.open} appId={app.id} id={search.open} neighbours={ids} onOpen={open} onClose={() => open(undefined)} />}
    </>
  );
}
