import { useTranslation } from "react-i18next";
import { Cell, HeadCell, Row, Table, TableHead } from "@/ui/table";
import { STATUS, type Code, type EventName } from "./codes";

/** The error codes, and how an error looks. */
export function CodesTable({ codes }: { codes: readonly Code[] }) {
  const { t } = useTranslation();
  return (
    <section id="errors" aria-labelledby="errors-title" className="flex scroll-mt-16 flex-col gap-3">
      <h2 id="errors-title" className="text-16 font-semibold">
        {t("apiReference.errors")}
      </h2>
      <p className="text-muted">{t("apiReference.errorsHint")}</p>
      <Table label={t("apiReference.errors")} tabIndex={0} className="rounded-card border border-line bg-surface">
        <TableHead>
          <HeadCell numeric>{t("apiReference.status")}</HeadCell>
          <HeadCell>{t("apiReference.code")}</HeadCell>
          <HeadCell>{t("apiReference.when")}</HeadCell>
        </TableHead>
        <tbody>
          {codes.map((code) => (
            <Row key={code}>
              <Cell className="text-end">{STATUS[code]}</Cell>
              <Cell className="font-mono text-12">{code}</Cell>
              <Cell>{t(`apiReference.codes.${code}`)}</Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

/** The events of streams. */
export function EventsTable({ names }: { names: readonly EventName[] }) {
  const { t } = useTranslation();
  return (
    <section id="events" aria-labelledby="events-title" className="flex scroll-mt-16 flex-col gap-3">
      <h2 id="events-title" className="text-16 font-semibold">
        {t("apiReference.eventsTitle")}
      </h2>
      <p className="text-muted">{t("apiReference.eventsHint")}</p>
      <Table label={t("apiReference.eventsTitle")} tabIndex={0} className="rounded-card border border-line bg-surface">
        <TableHead>
          <HeadCell>{t("apiReference.event")}</HeadCell>
          <HeadCell>{t("apiReference.meaning")}</HeadCell>
        </TableHead>
        <tbody>
          {names.map((name) => (
            <Row key={name}>
              <Cell className="font-mono text-12">{name}</Cell>
              <Cell>{t(`apiReference.events.${name}`)}</Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </section>
  );
}
