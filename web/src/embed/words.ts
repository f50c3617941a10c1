const WORDS = {
  en: { open: "Open chat", close: "Close chat", chat: "Chat" },
  zh: { open: "打开聊天", close: "关闭聊天", chat: "聊天" },
  ja: { open: "チャットを開く", close: "チャットを閉じる", chat: "チャット" },
};

/** The few words of the bubble, in the language of the page. */
export function words(): (typeof WORDS)["en"] {
  const language = (document.documentElement.lang || navigator.language).toLowerCase().split("-")[0];
  return language === "zh" || language === "ja" ? WORDS[language] : WORDS.en;
}
