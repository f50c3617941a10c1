import account from "./account.json";
import apps from "./apps.json";
import chat from "./chat.json";
import commands from "./commands.json";
import common from "./common.json";
import errors from "./errors.json";
import files from "./files.json";
import form from "./form.json";
import generate from "./generate.json";
import humanInput from "./human-input.json";
import preferences from "./preferences.json";
import runs from "./runs.json";
import shell from "./shell.json";
import status from "./status.json";
import steps from "./steps.json";
import webapp from "./webapp.json";
import workflow from "./workflow.json";

export default { account, apps, chat, commands, common, errors, files, form, generate, humanInput, preferences, runs, shell, status, steps, webapp, workflow };
