import { useAccount } from "@/features/account/account-context";
import { mayAdminister } from "@/features/account/roles";
import { CrawlerKeys } from "./crawler-keys";
import { ExternalApis } from "./external-apis";
import { NotionWorkspaces } from "./notion-workspaces";

/** Where documents can come from besides files. Administrators connect sources; whoever keeps knowledge adds servers. */
export default function DataSourcesSection() {
  const { role } = useAccount();
  const administers = mayAdminister(role);
  return (
    <div className="flex flex-col gap-8">
      <NotionWorkspaces editable={administers} />
      <CrawlerKeys editable={administers} />
      <ExternalApis removable={role !== "dataset_operator"} />
    </div>
  );
}
