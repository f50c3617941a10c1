export type Way = "frame" | "bubble" | "strict" | "address";

/** What a web site has to hold to embed a chat, by the way it does so. */
export function snippet(way: Way, code: string, address: string): string {
  const base = new URL(address).origin + new URL(address).pathname.replace(/\/chatbot\/[^/]+$/, "");
  switch (way) {
    case "frame":
      return `<iframe
  src="${address}"
  title="Chat"
  style="width: 100%; height: 100%; min-height: 700px; border: 0"
  allow="microphone; clipboard-write; fullscreen"
></iframe>`;
    case "bubble":
      return `<script>
  window.treadleChatbotConfig = {
    token: "${code}",
    baseUrl: "${base}",
    inputs: {},
    systemVariables: {},
    userVariables: {},
  };
</script>
<script src="${base}/embed.min.js" defer></script>
<style>
  #treadle-chatbot-bubble-button {
    background-color: #155eef !important;
  }
  #treadle-chatbot-bubble-window {
    width: 24rem !important;
    height: 43.75rem !important;
  }
</style>`;
    case "strict":
      return `<script
  src="${base}/embed.min.js"
  data-token="${code}"
  data-base-url="${base}"
  data-inputs="{}"
  defer
></script>`;
    case "address":
      return address;
  }
}

/** How to run a changed copy of these pages against the server of a published page. */
export function ownPages(url: string): string {
  return `cd web\nnpm ci\nTREADLE_URL='${new URL(url).origin}' npm run dev`;
}
