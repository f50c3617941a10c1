"""Which test produces each error that people who build apps and callers of the API can meet.

The names are those of `engine.errors`, which fail branches compare with, and the codes of docs/api.md. A new error needs a
row, and so a test.
"""

# ruff: noqa: E501
import ast
import re
from pathlib import Path

import pytest

from treadle.engine.errors import NodeError

HERE = Path(__file__).parent

NODE_ERRORS = {
    "VariableNotFoundError": "conformance/test_nodes.py::test_LLM_4_a_reference_to_nothing_fails_the_node",
    "InvalidVariableTypeError": "conformance/test_nodes_lists.py::test_LO_7_a_list_of_objects_is_refused",
    "InvalidContextStructureError": "conformance/test_nodes.py::test_LLM_6_context_without_content_is_refused",
    "LLMModeRequiredError": "nodes/test_llm.py::test_a_model_without_mode_is_refused",
    "ModelNotExistError": "models/test_service.py::test_the_built_in_model_needs_no_credentials_and_comes_last",
    "ModelCurrentlyNotSupportError": "models/test_policy.py::test_a_model_can_be_switched_off",
    "NoPromptFoundError": "conformance/test_nodes.py::test_LLM_12_an_empty_prompt_is_refused",
    "MemoryRolePrefixRequiredError": "nodes/test_llm.py::test_a_completion_prompt_needs_role_prefixes_for_history",
    "TemplateTypeNotSupportError": "nodes/test_llm.py::test_an_unknown_edition_is_refused",
    "TemplateRenderError": "conformance/test_nodes.py::test_TPL_6_a_syntax_error_fails_the_node",
    "StructuredOutputError": "nodes/test_llm.py::test_a_reply_without_an_object_fails",
    "CodeNodeError": "conformance/test_nodes_code.py::test_CODE_3_an_undeclared_result_is_refused",
    "CodeExecutionError": "conformance/test_engine_drafts.py::test_case_70_a_step_names_a_missing_variable_and_takes_its_strategy",
    "OutputValidationError": "conformance/test_nodes_code.py::test_CODE_2_a_number_where_text_was_declared_is_refused",
    "DepthLimitError": "conformance/test_nodes_code.py::test_CODE_6_objects_have_a_greatest_depth",
    "HttpRequestNodeError": "conformance/test_nodes.py::test_HT_7_a_500_always_fails",
    "AuthorizationConfigError": "nodes/test_http_request.py::test_an_empty_key_is_refused",
    "InvalidURLError": "conformance/test_nodes.py::test_HT_9_other_schemes_are_refused",
    "InvalidHttpMethodError": "nodes/test_http_request.py::test_an_unknown_method_is_refused",
    "RequestBodyError": "conformance/test_dsl_shapes.py::test_DSL_7_a_body_may_be_one_text",
    "FileFetchError": "conformance/test_nodes.py::test_HT_11_forms_carry_texts_and_files",
    "ResponseSizeError": "conformance/test_nodes.py::test_HT_10_too_much_text_is_refused",
    "HTTPResponseCodeError": "conformance/test_engine.py::test_case_58_a_404_is_a_result_without_strategy_and_a_failure_with_one",
    "InvokeError": "models/test_clouds.py::test_a_failure_between_the_frames_ends_the_reply",
    "InvokeConnectionError": "models/test_anthropic.py::test_a_connection_that_breaks_is_no_reply",
    "InvokeServerUnavailableError": "conformance/test_nodes_models.py::test_PE_8_a_failing_model_fails_the_node_with_a_reason",
    "InvokeRateLimitError": "conformance/test_models_and_tools_models.py::test_case_15_when_all_rest_nobody_is_asked",
    "QuotaExceededError": "models/test_openai.py::test_refusals_become_the_errors_of_the_taxonomy",
    "InvokeAuthorizationError": "conformance/test_models_and_tools_models.py::test_case_13_two_credentials_alternate_and_a_refused_one_rests",
    "InvokeBadRequestError": "nodes/test_basic.py::test_a_prompt_that_cannot_fit_is_refused_before_the_call",
    "ProviderNotInitializeError": "models/test_media.py::test_a_workspace_without_such_models_is_told_so",
    "ToolNodeError": "nodes/test_agent_tools.py::test_a_tool_that_does_not_exist_fails_the_node",
    "ToolParameterError": "conformance/test_nodes_tool.py::test_TL_2_a_setting_is_one_of_its_options_or_its_default",
    "ToolFileError": "nodes/test_tool.py::test_what_a_failure_is_called",
    "ToolInvokeError": "conformance/test_models_and_tools_tools.py::test_case_60_an_error_status_fails_the_node_with_what_was_said",
    "ToolCredentialsError": "nodes/test_tool.py::test_what_a_failure_is_called",
    "UnknownError": "conformance/test_nodes_tool.py::test_TL_6_a_failure_takes_the_fail_branch",
    "AgentNodeError": "conformance/test_nodes_agent.py::test_AG_8_an_unknown_strategy_fails_only_when_it_runs",
    "KnowledgeRetrievalError": "conformance/test_knowledge_retrieval.py::test_C_52_bases_of_both_techniques_need_a_rerank_model",
    "DatasourceError": "conformance/test_nodes_pipelines.py::test_DS_3_a_run_without_a_source_fails",
    "KnowledgeIndexError": "conformance/test_nodes_pipelines.py::test_KI_2_no_chunks_fail",
    "QuestionClassifierNodeError": "conformance/test_nodes_models.py::test_QC_4_a_reply_without_json_fails_the_node",
    "ParameterExtractorNodeError": "nodes/test_parameter_extractor.py::test_a_completion_model_is_asked_in_one_text_and_has_no_tools",
    "DocumentExtractorError": "nodes/test_documents.py::test_what_is_no_file_is_refused",
    "UnsupportedFileTypeError": "conformance/test_nodes_documents.py::test_DE_5_a_picture_is_refused_by_its_extension",
    "TextExtractionError": "nodes/test_documents.py::test_entities_are_not_resolved",
    "ListOperatorError": "nodes/test_list_operator.py::test_a_position_must_exist",
    "InvalidKeyError": "conformance/test_nodes_lists.py::test_LO_4_files_are_sorted_by_an_attribute_that_exists",
    "InvalidConditionError": "nodes/test_list_operator.py::test_conditions_that_do_not_fit_are_refused",
    "InvalidFilterValueError": "nodes/test_list_operator.py::test_conditions_that_do_not_fit_are_refused",
    "ContainerError": "conformance/test_nodes_containers.py::test_LS_3_a_first_node_that_is_missing_fails_the_loop",
}

CODES = {
    "invalid_param": "conformance/test_service_api_failures.py::test_case_35_what_is_not_published_cannot_be_called",
    "bad_request": "conformance/test_models_and_tools_apps.py::test_case_38_suggestions_are_off_or_a_list",
    "app_unavailable": "conformance/test_service_api.py::test_case_82_parameters_always_have_every_key",
    "not_chat_app": "conformance/test_service_api_annotations.py::test_case_86_only_chats_have_annotations",
    "not_workflow_app": "conformance/test_clients.py::test_npm_client_talks_to_every_kind_of_app",
    "conversation_completed": "conformance/test_service_api_chat.py::test_case_30_a_closed_conversation_is_refused",
    "provider_not_initialize": "conformance/test_service_api_failures.py::test_case_36_a_provider_without_credentials",
    "model_currently_not_support": "conformance/test_service_api_failures.py::test_case_37_an_account_that_is_used_up_and_a_model_that_is_switched_off",
    "provider_quota_exceeded": "conformance/test_service_api_failures.py::test_case_37_an_account_that_is_used_up_and_a_model_that_is_switched_off",
    "completion_request_error": "conformance/test_service_api_failures.py::test_case_38_a_model_that_refuses",
    "no_audio_uploaded": "conformance/test_service_api_features.py::test_case_80_recordings_that_cannot_be_written_down_are_refused",
    "provider_not_support_speech_to_text": "conformance/test_service_api_features.py::test_case_80_recordings_that_cannot_be_written_down_are_refused",
    "no_file_uploaded": "conformance/test_service_api_files.py::test_case_76_uploads",
    "too_many_files": "conformance/test_service_api_files.py::test_case_76_uploads",
    "filename_not_exists_error": "conformance/test_service_api_files.py::test_case_76_uploads",
    "file_extension_blocked": "conformance/test_service_api_files.py::test_case_78_forbidden_extensions_and_names",
    "unauthorized": "conformance/test_service_api.py::test_case_02_no_authorization_is_refused",
    "forbidden": "conformance/test_service_api.py::test_case_08_an_app_whose_api_is_off_is_refused",
    "file_access_denied": "conformance/test_service_api_files.py::test_case_79_previews",
    "not_found": "conformance/test_service_api_annotations.py::test_case_86_annotations_are_listed_added_changed_and_deleted",
    "file_not_found": "conformance/test_service_api_files.py::test_case_79_previews",
    "method_not_allowed": "conformance/test_service_api.py::test_case_16_unknown_routes_and_wrong_verbs_are_json",
    "request_too_large": "server/test_bad_calls.py::test_a_huge_body",
    "file_too_large": "conformance/test_service_api_files.py::test_case_77_the_limit_of_images_is_inclusive",
    "audio_too_large": "conformance/test_service_api_features.py::test_case_80_recordings_that_cannot_be_written_down_are_refused",
    "unsupported_audio_type": "conformance/test_service_api_features.py::test_case_80_recordings_that_cannot_be_written_down_are_refused",
    "unsupported_media_type": "conformance/test_service_api.py::test_case_13_a_form_in_the_place_of_json_is_refused",
    "too_many_requests": "conformance/test_service_api_waiting.py::test_case_41_over_the_ceiling_callers_wait",
    "internal_server_error": "conformance/test_service_api_failures.py::test_case_40_what_nobody_foresaw_is_an_internal_server_error",
}


def test_each_error_of_nodes_has_a_test() -> None:
    assert set(NODE_ERRORS) == {kind.__name__ for kind in _below(NodeError)}


def test_each_code_of_the_api_has_a_test() -> None:
    page = (HERE.parent / "docs" / "api.md").read_text("utf-8")
    assert set(CODES) == set(re.findall(r"^\| \d{3} \| `([a-z_]+)`", page, re.MULTILINE))


@pytest.mark.parametrize(("error", "place"), [*NODE_ERRORS.items(), *CODES.items()])
def test_the_test_of_an_error_names_it(error: str, place: str) -> None:
    file, _, name = place.partition("::")
    text = (HERE / file).read_text("utf-8")
    assert name in {
        each.name for each in ast.parse(text).body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert re.search(rf"\b{error}\b", text), f"{file} does not name it"


def _below(kind: type[NodeError]) -> set[type[NodeError]]:
    own = {each for each in kind.__subclasses__() if each.__module__ == "treadle.engine.errors"}
    return own.union(*map(_below, own))
