import { getRouteApi } from "@tanstack/react-router";
import { ProgressPage } from "@/features/knowledge/create/progress-page";
import { sourceNamed } from "@/features/knowledge/create/wizard";
import { WizardPage } from "@/features/knowledge/create/wizard-pages";

const create = getRouteApi("/console/datasets/create");
const add = getRouteApi("/console/datasets/$baseId/add");
const again = getRouteApi("/console/datasets/$baseId/documents/$documentId/cut");
const progress = getRouteApi("/console/datasets/$baseId/progress/$batch");

const stepNamed = (text: string | undefined) => (text === "cut" ? "cut" : "source");

export function CreateBaseRoute() {
  const { source, step } = create.useSearch();
  const navigate = create.useNavigate();
  return <WizardPage baseId={null} documentId={null} source={sourceNamed(source)} step={stepNamed(step)} onGo={(search) => void navigate({ search })} />;
}

export function AddDocumentsRoute() {
  const { baseId } = add.useParams();
  const { source, step } = add.useSearch();
  const navigate = add.useNavigate();
  return <WizardPage key={baseId} baseId={baseId} documentId={null} source={sourceNamed(source)} step={stepNamed(step)} onGo={(search) => void navigate({ search })} />;
}

export function CutAgainRoute() {
  const { baseId, documentId } = again.useParams();
  return <WizardPage key={documentId} baseId={baseId} documentId={documentId} source="files" step="cut" onGo={() => undefined} />;
}

export function ProgressRoute() {
  const { baseId, batch } = progress.useParams();
  return <ProgressPage key={batch} baseId={baseId} batch={batch} />;
}
