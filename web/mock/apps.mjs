/** The apps that the mock publishes, one of each mode. */
const site = {
  icon_type: "emoji",
  icon_url: null,
  chat_color_theme: null,
  chat_color_theme_inverted: false,
  copyright: null,
  privacy_policy: null,
  custom_disclaimer: null,
  default_language: "en-US",
  show_workflow_steps: true,
  use_icon_as_answer_icon: false,
};

const parameters = {
  opening_statement: "",
  suggested_questions: [],
  suggested_questions_after_answer: { enabled: false },
  speech_to_text: { enabled: false },
  text_to_speech: { enabled: false },
  retriever_resource: { enabled: true },
  annotation_reply: { enabled: false },
  more_like_this: { enabled: false },
  user_input_form: [],
  sensitive_word_avoidance: { enabled: false },
  file_upload: { image: { enabled: false, number_limits: 3, transfer_methods: ["local_file", "remote_url"] } },
  system_parameters: {
    image_file_size_limit: 10,
    video_file_size_limit: 100,
    audio_file_size_limit: 50,
    file_size_limit: 15,
    workflow_file_upload_limit: 10,
  },
};

function app(code, mode, title, icon, icon_background, description, over = {}) {
  return {
    code,
    mode,
    site: { ...site, title, icon, icon_background, description, ...over.site },
    parameters: { ...parameters, ...over.parameters },
  };
}

export const apps = [
  app("harbour", "chat", "Harbour desk", "⚓", "#D5E3F7", "Answers questions about berths, tides and the rules of the harbour.", {
    site: {
      copyright: "Harbour office of Bergen",
      privacy_policy: "https://harbour.example/privacy",
      custom_disclaimer: "Answers may be wrong. Check the tide table before you sail.",
    },
    parameters: {
      opening_statement: "Welcome. I know the **tide table**, the berths and the rules. What do you need?",
      suggested_questions: ["When is high water today?", "May I swim in the basin?", "Write a script that reads the tide table"],
      suggested_questions_after_answer: { enabled: true },
    },
  }),
  app("letters", "advanced-chat", "Letter desk", "✉️", "#E8E0F5", "Drafts an answer to a customer's letter after looking up the rules.", {
    parameters: {
      opening_statement: "Hello {{name}}, paste the letter that I should answer.",
      file_upload: {
        enabled: true,
        number_limits: 3,
        allowed_file_types: ["image", "document"],
        allowed_file_upload_methods: ["local_file", "remote_url"],
        image: { enabled: false, number_limits: 3, transfer_methods: [] },
      },
      user_input_form: [
        { "text-input": { label: "Your name", variable: "name", required: true, max_length: 24 } },
        { select: { label: "Tone", variable: "tone", required: true, options: ["Friendly", "Formal", "Brief"], default: "Friendly" } },
        { paragraph: { label: "Background", variable: "background", required: false, max_length: 400 } },
        { number: { label: "Longest answer in words", variable: "words", required: false, default: 120 } },
        { checkbox: { label: "Mention the order number", variable: "order", required: false, default: true } },
      ],
    },
  }),
  app("clerk", "agent-chat", "Clerk", "🗂️", "#DDEFE3", "Looks things up with tools before it answers."),
  app("slogans", "completion", "Slogan writer", "🪧", "#FBE9D0", "Writes a slogan for a product.", {
    parameters: {
      more_like_this: { enabled: true },
      user_input_form: [
        { "text-input": { label: "Product", variable: "product", required: true, max_length: 48 } },
        { select: { label: "Audience", variable: "audience", required: false, options: ["Children", "Sailors", "Everybody"] } },
        { paragraph: { label: "What is special about it", variable: "special", required: false, max_length: 500 } },
      ],
    },
  }),
  app("digest", "workflow", "Digest", "🧵", "#F5DCDC", "Summarises a text paragraph by paragraph and rates its mood.", {
    parameters: {
      user_input_form: [
        { paragraph: { label: "Text", variable: "text", required: true, max_length: 4000 } },
        { number: { label: "Sentences", variable: "sentences", required: false, default: 3 } },
      ],
    },
  }),
];

export function appByCode(code) {
  return apps.find((entry) => entry.code === code);
}
