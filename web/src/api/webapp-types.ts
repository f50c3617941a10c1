import type { AgentThought, FileObject, MessageFile, RetrieverResource } from "./events";
import type { JsonObject, JsonValue } from "./json";

export interface Site {
  title: string;
  description: string | null;
  icon_type: "emoji" | "image" | null;
  icon: string | null;
  icon_background: string | null;
  icon_url: string | null;
  chat_color_theme: string | null;
  chat_color_theme_inverted: boolean;
  copyright: string | null;
  privacy_policy: string | null;
  custom_disclaimer: string | null;
  default_language: string | null;
  show_workflow_steps: boolean;
  use_icon_as_answer_icon: boolean;
  input_placeholder?: string | null;
}

export interface SiteInfo {
  app_id: string;
  end_user_id: string;
  enable_site: boolean;
  site: Site;
}

export type FileType = "image" | "document" | "audio" | "video" | "custom";
export type TransferMethod = "local_file" | "remote_url";

export type FieldType =
  | "text-input"
  | "paragraph"
  | "select"
  | "number"
  | "checkbox"
  | "file"
  | "file-list"
  | "json_object"
  | "external_data_tool";

export interface FieldDefinition {
  label: string;
  variable: string;
  required?: boolean;
  hide?: boolean;
  max_length?: number | null;
  default?: JsonValue;
  options?: string[];
  placeholder?: string | null;
  hint?: string | null;
  allowed_file_types?: FileType[] | null;
  allowed_file_extensions?: string[] | null;
  allowed_file_upload_methods?: TransferMethod[] | null;
}

export type FormItem = Partial<Record<FieldType, FieldDefinition>>;

interface Switch {
  enabled: boolean;
}

export interface FileUploadConfig {
  enabled?: boolean;
  number_limits?: number;
  allowed_file_types?: FileType[];
  allowed_file_extensions?: string[];
  allowed_file_upload_methods?: TransferMethod[];
  image?: { enabled: boolean; number_limits: number; transfer_methods: TransferMethod[] };
}

export interface SystemParameters {
  file_size_limit?: number;
  image_file_size_limit?: number;
  audio_file_size_limit?: number;
  video_file_size_limit?: number;
  workflow_file_upload_limit?: number;
}

export interface Parameters {
  opening_statement: string | null;
  suggested_questions: string[] | null;
  suggested_questions_after_answer: Switch | null;
  retriever_resource: Switch | null;
  more_like_this: Switch | null;
  speech_to_text?: Switch | null;
  text_to_speech?: (Switch & { autoPlay?: string }) | null;
  user_input_form: FormItem[];
  file_upload: FileUploadConfig | null;
  system_parameters: SystemParameters | null;
}

export interface Conversation {
  id: string;
  name: string;
  inputs: JsonObject;
  introduction: string | null;
  created_at: number;
  updated_at: number;
}

export type Rating = "like" | "dislike";

export interface Message {
  id: string;
  conversation_id: string;
  parent_message_id: string | null;
  inputs: JsonObject;
  query: string;
  answer: string;
  status: "normal" | "error" | "running" | "stopped";
  error: string | null;
  task_id?: string | null;
  message_files: MessageFile[];
  feedback: { rating: Rating | null } | null;
  retriever_resources: RetrieverResource[];
  agent_thoughts: AgentThought[];
  created_at: number;
}

export interface SavedMessage {
  id: string;
  inputs: JsonObject;
  query: string;
  answer: string;
  created_at: number;
}

export interface CursorPage<T> {
  limit: number;
  has_more: boolean;
  data: T[];
}

/** A file as the generation endpoints take it (spec: service API §3.4). */
export type FileMapping =
  | { type: FileType; transfer_method: "local_file"; upload_file_id: string }
  | { type: FileType; transfer_method: "remote_url"; url: string };

export interface UploadedFile {
  id: string;
  name: string;
  size: number;
  extension: string;
  mime_type: string | null;
}

export interface ChatRequest {
  inputs: JsonObject;
  query: string;
  conversation_id?: string;
  parent_message_id?: string | null;
  files?: FileMapping[];
}

export interface GenerationRequest {
  inputs: JsonObject;
  query?: string;
  files?: FileMapping[];
}

export type { FileObject };
