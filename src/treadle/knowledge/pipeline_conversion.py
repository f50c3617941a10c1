"""A pipeline that cuts as the rules of an ordinary base do. Source: spec knowledge §23."""

from copy import deepcopy
from typing import Final, cast

import msgspec

from treadle.apps.editing.pipeline_blocks import WEB_SOURCE
from treadle.dsl import AppFile, JsonMap
from treadle.knowledge.pipeline_cuts import cutting_code
from treadle.knowledge.pipeline_files import FILE_NODE
from treadle.knowledge.requests import JsonMap as Inputs
from treadle.knowledge.retrieval_settings import kept_retrieval
from treadle.knowledge.tables import PAGE_SOURCES, DocForm, KnowledgeBase, ProcessRule, Technique
from treadle.knowledge.text.rules import EXTRA_SPACES, URLS_EMAILS
from treadle.knowledge.text.rules import ProcessRule as Rule

_EXAMPLES: Final = {DocForm.TEXT: "general", DocForm.HIERARCHICAL: "parent-child", DocForm.QA: "questions-and-answers"}


def example_for(base: KnowledgeBase) -> str:
    """The name of the example whose chunks have the shape of the base's."""
    return _EXAMPLES[DocForm(base.doc_form or DocForm.TEXT)]


def fitted(file: AppFile, base: KnowledgeBase, rule: ProcessRule | None) -> Inputs:
    """Make the example in `file` cut and keep as `base` does; gives the answers to what it asks now."""
    assert file.workflow is not None
    file.name, file.description = base.name, base.description
    form = DocForm(base.doc_form or DocForm.TEXT)
    parsed = Rule.parse({"mode": rule.mode, "rules": msgspec.json.decode(rule.rules)}) if rule else Rule()
    asked: list[JsonMap] = [] if form is DocForm.QA else _asked(parsed, form)
    file.workflow.graph = graph = deepcopy(file.workflow.graph)
    file.workflow.pipeline_variables = asked
    pages = base.data_source_type in PAGE_SOURCES
    if pages:
        _begin_with_pages(graph)
    text = [FILE_NODE, "content"] if pages else ["text", "text"]
    for node in file.workflow.nodes:
        data = node["data"]
        assert isinstance(data, dict)
        if data["type"] == "code" and asked:
            data["code"] = cutting_code(form, parsed)
            data["outputs"] = {"chunks": {"type": "object", "children": None}}
            data["variables"] = [
                {"variable": "text", "value_selector": [*text]},
                *(
                    {"variable": each["variable"], "value_selector": ["rag", "shared", each["variable"]]}
                    for each in asked
                ),
            ]
        elif data["type"] == "knowledge-index":
            data.update(_keeping(base))
    assert graph is file.workflow.graph
    return {str(each["variable"]): each["default_value"] for each in asked}


def _begin_with_pages(graph: JsonMap) -> None:
    """The pages of a web site, or of Notion, are text already: nothing takes it out of a file."""
    nodes, edges = cast(list[JsonMap], graph["nodes"]), cast(list[JsonMap], graph["edges"])
    for node in nodes:
        if node["id"] == FILE_NODE:
            node["data"] = {"type": "datasource", "title": "Pages", "desc": "", **WEB_SOURCE}
    kept: list[JsonMap] = []
    for edge in edges:
        if edge["target"] == "text":
            continue
        if edge["source"] == "text":
            data = cast(JsonMap, edge["data"])
            edge |= {"id": f"{FILE_NODE}-source-{edge['target']}-target", "source": FILE_NODE}
            edge["data"] = {**data, "sourceType": "datasource"}
        kept.append(edge)
    graph["nodes"] = [node for node in nodes if node["id"] != "text"]
    graph["edges"] = [*kept]
    for node in nodes:
        data = cast(JsonMap, node["data"])
        for variable in cast(list[JsonMap], data.get("variables") or []):
            if variable.get("value_selector") == ["text", "text"]:
                variable["value_selector"] = [FILE_NODE, "content"]


def _keeping(base: KnowledgeBase) -> JsonMap:
    return {
        "indexing_technique": base.indexing_technique or Technique.ECONOMY.value,
        "embedding_model": base.embedding_model or "",
        "embedding_model_provider": base.embedding_model_provider or "",
        "keyword_number": base.keyword_number,
        "retrieval_model": msgspec.to_builtins(kept_retrieval(base)),
    }


def _asked(rule: Rule, form: DocForm) -> list[JsonMap]:
    """What the form asks, with what the rule says for answers. The automatic rule has no separator: it joins."""
    cut, whole = rule.segmentation, form is DocForm.HIERARCHICAL and rule.parent_mode == "full-doc"
    asked = [
        _text("separator", "Separator", "" if rule.mode == "automatic" else _typed(cut.separator)),
        _number("longest", "Longest chunk", 0 if whole else cut.max_tokens),
        _number("overlap", "Overlap", cut.chunk_overlap),
    ]
    if form is DocForm.HIERARCHICAL:
        asked += [
            _text("child_separator", "Separator of children", _typed(rule.children.separator)),
            _number("child_longest", "Longest child", rule.children.max_tokens),
            _number("child_overlap", "Overlap of children", rule.children.chunk_overlap),
        ]
    return [
        *asked,
        _yes_or_no("spaces", "Remove extra spaces", EXTRA_SPACES in rule.cleaning),
        _yes_or_no("addresses", "Remove URLs and e-mail addresses", URLS_EMAILS in rule.cleaning),
    ]


def _typed(separator: str) -> str:
    return separator.replace("\n", "\\n").replace("\t", "\\t")


def _text(name: str, label: str, default: str) -> JsonMap:
    return _question(name, label, "text-input", default, max_length=256)


def _number(name: str, label: str, default: int) -> JsonMap:
    return _question(name, label, "number", default, max_length=None)


def _yes_or_no(name: str, label: str, default: bool) -> JsonMap:
    return _question(name, label, "checkbox", default, max_length=None)


def _question(name: str, label: str, kind: str, default: str | int, *, max_length: int | None) -> JsonMap:
    return {
        "belong_to_node_id": "shared",
        "type": kind,
        "label": label,
        "variable": name,
        "default_value": default,
        "required": False,
        "max_length": max_length,
        "tooltips": None,
        "placeholder": None,
        "unit": None,
        "options": [],
        "allowed_file_types": [],
        "allowed_file_extensions": [],
        "allowed_file_upload_methods": [],
    }
