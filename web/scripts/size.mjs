/** Prints the gzipped JavaScript that the first load of each page needs, and fails over the budget. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 300;
const GOAL_KB = 200;
const out = fileURLToPath(new URL("../../src/treadle/server/static/", import.meta.url));
const manifest = JSON.parse(readFileSync(`${out}.vite/manifest.json`, "utf8"));

/** The frame around every page of the console. */
const SHELL = "src/routes/console-layouts.tsx";

/** The route chunk and what it asks for at once, beside the entry and one language. */
const pages = {
  chat: ["src/routes/chat-page.tsx", "src/ui/markdown/renderer.tsx"],
  "completion, workflow": ["src/routes/generation-pages.tsx", "src/i18n/en/generate.json", "src/ui/markdown/renderer.tsx"],
  "set-up, sign-in": ["src/routes/account-pages.tsx"],
  "reset password": ["src/routes/proof-pages.tsx", "src/i18n/en/proofs.json"],
  invitation: ["src/routes/activate-page.tsx", "src/i18n/en/members.json"],
  home: [SHELL, "src/routes/apps-pages.tsx", "src/i18n/en/explore.json"],
  explore: [SHELL, "src/routes/explore-pages.tsx", "src/i18n/en/explore.json"],
  canvas: [SHELL, "src/routes/workflow-page.tsx", "src/i18n/en/workflow.json"],
  configuration: [SHELL, "src/routes/orchestration-page.tsx", "src/i18n/en/orchestration.json", "src/i18n/en/extensions.json", "src/i18n/en/editors.json", "src/i18n/en/panels.json"],
  tools: [SHELL, "src/routes/tools-page.tsx", "src/i18n/en/tools.json", "src/i18n/en/editors.json"],
  tracing: [SHELL, "src/routes/tracing-page.tsx", "src/i18n/en/tracing.json"],
  annotations: [SHELL, "src/routes/annotations-page.tsx", "src/i18n/en/annotations.json"],
  logs: [SHELL, "src/routes/logs-page.tsx", "src/i18n/en/logs.json", "src/ui/markdown/renderer.tsx"],
  publishing: [SHELL, "src/routes/publish-page.tsx", "src/i18n/en/publishing.json", "src/features/monitor/monitor.tsx", "src/i18n/en/monitor.json", "src/i18n/en/logs.json"],
  "API reference": [SHELL, "src/routes/develop-page.tsx", "src/i18n/en/api-reference.json", "src/i18n/en/publishing.json"],
  knowledge: [SHELL, "src/routes/knowledge-pages.tsx", "src/i18n/en/knowledge-setup.json", "src/i18n/en/documents.json", "src/i18n/en/evaluation.json"],
  pipeline: [SHELL, "src/routes/pipeline-pages.tsx", "src/i18n/en/pipeline-page.json", "src/i18n/en/workflow.json"],
  "pipeline forms": [SHELL, "src/routes/pipeline-forms.tsx", "src/i18n/en/pipelines.json", "src/i18n/en/knowledge-setup.json"],
  "new knowledge": [SHELL, "src/routes/knowledge-wizard.tsx", "src/i18n/en/knowledge-setup.json"],
  "run log": [SHELL, "src/routes/run-pages.tsx", "src/ui/markdown/renderer.tsx"],
};

function closure(key, seen = new Set()) {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`The manifest has no ${key}: run npm run build.`);
  if (seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const imported of chunk.imports ?? []) closure(imported, seen);
  return seen;
}

const gzipped = (file) => gzipSync(readFileSync(out + file), { level: 9 }).length / 1024;

let failed = false;
for (const [page, roots] of Object.entries(pages)) {
  const files = new Set();
  for (const root of ["index.html", "src/i18n/en/index.ts", ...roots]) closure(root, files);
  const total = [...files].reduce((sum, file) => sum + gzipped(file), 0);
  const verdict = total > BUDGET_KB ? "over budget" : total > GOAL_KB ? `above the goal of ${GOAL_KB}` : "ok";
  failed ||= total > BUDGET_KB;
  console.log(`${page.padEnd(22)} ${total.toFixed(1).padStart(7)} KB  ${verdict}`);
  if (process.argv.includes("--files")) for (const file of files) console.log(`    ${gzipped(file).toFixed(1).padStart(7)}  ${file}`);
}
process.exit(failed ? 1 : 0);
