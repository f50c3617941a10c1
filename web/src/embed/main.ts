/** The script that other web sites load: a bubble in their corner that opens a chat. Built into one file, `embed.min.js`. */
import { Bubble } from "./bubble";
import { ConfigError, readConfig } from "./config";

// Known only while the script itself runs.
const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;

function start(): void {
  if (document.getElementById("treadle-chatbot-bubble-button") !== null || document.getElementById("dify-chatbot-bubble-button") !== null) return;
  try {
    new Bubble(readConfig(window, script));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`Treadle: the chat cannot be embedded: ${error.message}`);
  }
}

// `document.body` is null while the head is read.
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
