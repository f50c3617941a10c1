import { useTranslation } from "react-i18next";
import type { ReplayPlan } from "./api";

/** What of the run stays, what runs anew though it stands before the node, and what is not as it was. */
export function PlanNotes({ plan, asked }: { plan: ReplayPlan; asked: string }) {
  const { t } = useTranslation();
  const name = (node: { title: string; node_id: string }) => node.title || node.node_id;
  const changed = plan.carried.filter((node) => node.changed);
  return (
    <div className="flex flex-col gap-1.5 rounded-control bg-sunken px-3 py-2">
      {plan.node_id !== asked && <p>{t("replay.container", { title: name(plan) })}</p>}
      <p>
        {plan.carried.length === 0 ? t("replay.keepsNothing") : t("replay.keeps", { names: plan.carried.map(name).join(", ") })}
      </p>
      {changed.length > 0 && <p className="text-warn">{t("replay.keptThoughChanged", { names: changed.map(name).join(", ") })}</p>}
      {plan.lost.length > 0 && (
        <ul className="flex flex-col gap-1 text-warn">
          {plan.lost.map((node) => (
            <li key={node.node_id}>
              {t(`replay.lost.${node.reason}`, { title: name(node) })}
              {node.runs && ` ${t("replay.runsAnew")}`}
            </li>
          ))}
        </ul>
      )}
      {!plan.reached && <p className="text-danger">{t("replay.notReached")}</p>}
    </div>
  );
}
