import { getRouteApi } from "@tanstack/react-router";
import { GenerationPage } from "@/features/text-generation/generation-page";
import { WebAppGate } from "@/features/webapp/webapp-gate";

const completion = getRouteApi("/completion/$code");
const workflow = getRouteApi("/workflow/$code");

export function CompletionRoute() {
  const { code } = completion.useParams();
  const { mode } = completion.useSearch();
  const navigate = completion.useNavigate();
  return (
    <WebAppGate key={code} code={code}>
      <GenerationPage
        kind="completion"
        tab={mode ?? "once"}
        onTab={(tab) => void navigate({ search: (search) => ({ ...search, mode: tab === "once" ? undefined : tab }) })}
      />
    </WebAppGate>
  );
}

export function WorkflowRoute() {
  const { code } = workflow.useParams();
  const { mode } = workflow.useSearch();
  const navigate = workflow.useNavigate();
  return (
    <WebAppGate key={code} code={code}>
      <GenerationPage
        kind="workflow"
        tab={mode ?? "once"}
        onTab={(tab) => void navigate({ search: (search) => ({ ...search, mode: tab === "once" ? undefined : tab }) })}
      />
    </WebAppGate>
  );
}
