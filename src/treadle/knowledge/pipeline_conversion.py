"""A pipeline that cuts as the rules of an ordinary base do. Source: spec knowledge §23."""

from copy import deepcopy
from typing import Final, cast

import msgspec

from treadle.apps.editing.pipeline_blocks import WEB_SOURCE
from treadle.dsl import AppFile, JsonMap
from treadle.knowledge.pipeline_files import FILE_NODE
from treadle.knowledge.requests import JsonMap as Inputs
from treadle.knowledge.retrieval_settings import kept_retrieval
from treadle.knowledge.tables import PAGE_SOURCES, DocForm, KnowledgeBase, ProcessRule, Technique
from treadle.knowledge.text.rules import ProcessRule as Rule
from treadle.knowledge.text.rules import Segmentation

_EXAMPLES: Final = {DocForm.TEXT: "general", DocForm.HIERARCHICAL: "parent-child", DocForm.QA: "questions-and-answers"}

_CUT: Final = '''def pieces(text, separator, longest, overlap=0):
    """The parts of `text` between separators; longer ones are cut on, where a sentence or a word ends."""
    separator = separator.replace("\\\\n", "\\n").replace("\\\\t", "\\t")
    longest, overlap, made = max(1, int(longest)), max(0, int(overlap)), []
    for part in text.split(separator) if separator else [text]:
        part = part.strip()
        while len(part) > longest:
            cut = longest
            for mark in ("\\n\\n", "。", ". ", " "):
                at = part.rfind(mark, 1, longest)
                if at > 0:
                    cut = at + len(mark.strip())
                    break
            made.append(part[:cut].strip())
            part = part[max(cut - overlap, (cut + 1) // 2) :].strip()
        made.append(part)
    return [each for each in made if each]


'''
_GENERAL: Final = (
    _CUT
    + """def main(text: str, separator: str, longest: float, overlap: float) -> dict:
    return {"chunks": pieces(text, separator, longest, overlap)}
"""
)
_PARENTS: Final = (
    _CUT
    + '''def main(text: str, separator: str, longest: float, child_separator: str, child_longest: float) -> dict:
    """Without a length, the whole document is one parent."""
    parents = pieces(text, separator, longest) if longest else [text.strip()]
    made = []
    for parent in parents:
        children = pieces(parent, child_separator, child_longest)
        if children:
            made.append({"parent_content": parent, "child_contents": children})
    return {"chunks": {"parent_mode": "paragraph" if longest else "full-doc", "parent_child_chunks": made}}
'''
)


def example_for(base: KnowledgeBase) -> str:
    """The name of the example whose chunks have the shape of the base's."""
    return _EXAMPLES[DocForm(base.doc_form or DocForm.TEXT)]


def fitted(file: AppFile, base: KnowledgeBase, rule: ProcessRule | None) -> Inputs:
    """Make the example in `file` cut and keep as `base` does; gives the answers to what it asks now."""
    assert file.workflow is not None
    file.name, file.description = base.name, base.description
    form = DocForm(base.doc_form or DocForm.TEXT)
    parsed = Rule.parse({"mode": rule.mode, "rules": msgspec.json.decode(rule.rules)}) if rule else Rule()
    if form is DocForm.QA:
        asked: list[JsonMap] = []
    elif form is DocForm.HIERARCHICAL:
        whole = parsed.parent_mode == "full-doc"
        asked = [
            *_cutting(parsed.segmentation, longest=0 if whole else parsed.segmentation.max_tokens),
            _text("child_separator", "Separator of children", parsed.children.separator),
            _number("child_longest", "Longest child", parsed.children.max_tokens),
        ]
    else:
        segmentation = parsed.segmentation
        asked = [*_cutting(segmentation), _number("overlap", "Overlap", segmentation.chunk_overlap)]
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
            data["code"] = _PARENTS if form is DocForm.HIERARCHICAL else _GENERAL
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


def _cutting(rule: Segmentation, *, longest: int | None = None) -> list[JsonMap]:
    return [
        _text("separator", "Separator", rule.separator.replace("\n", "\\n").replace("\t", "\\t")),
        _number("longest", "Longest chunk", rule.max_tokens if longest is None else longest),
    ]


def _text(name: str, label: str, default: str) -> JsonMap:
    return _question(name, label, "text-input", default, max_length=256)


def _number(name: str, label: str, default: int) -> JsonMap:
    return _question(name, label, "number", default, max_length=None)


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
