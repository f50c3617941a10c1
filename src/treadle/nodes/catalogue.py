"""What the console tells of each node type."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from .about import NodeAbout
from .agent.node import ABOUT as AGENT
from .answer import ABOUT as ANSWER
from .assigner import ABOUT as ASSIGNER
from .code import ABOUT as CODE
from .datasource import ABOUT as DATASOURCE
from .document_extractor import ABOUT as DOCUMENT_EXTRACTOR
from .end import ABOUT as END
from .http_request import ABOUT as HTTP_REQUEST
from .human_input import ABOUT as HUMAN_INPUT
from .if_else import ABOUT as IF_ELSE
from .iteration import ABOUT as ITERATION
from .iteration import ABOUT_START as ITERATION_START
from .knowledge_index import ABOUT as KNOWLEDGE_INDEX
from .knowledge_retrieval import ABOUT as KNOWLEDGE_RETRIEVAL
from .list_operator import ABOUT as LIST_OPERATOR
from .llm import ABOUT as LLM
from .loop import ABOUT as LOOP
from .loop import ABOUT_END as LOOP_END
from .loop import ABOUT_START as LOOP_START
from .parameter_extractor import ABOUT as PARAMETER_EXTRACTOR
from .question_classifier import ABOUT as QUESTION_CLASSIFIER
from .start import ABOUT as START
from .template_transform import ABOUT as TEMPLATE_TRANSFORM
from .tool import ABOUT as TOOL
from .trigger_plugin import ABOUT as TRIGGER_PLUGIN
from .trigger_schedule import ABOUT as TRIGGER_SCHEDULE
from .trigger_webhook import ABOUT as TRIGGER_WEBHOOK
from .variable_aggregator import ABOUT as VARIABLE_AGGREGATOR

__all__ = ["ABOUT"]

ABOUT: Final[Mapping[str, NodeAbout]] = MappingProxyType(
    {
        about.kind: about
        for about in (
            AGENT,
            ANSWER,
            ASSIGNER,
            CODE,
            DATASOURCE,
            DOCUMENT_EXTRACTOR,
            END,
            HTTP_REQUEST,
            HUMAN_INPUT,
            IF_ELSE,
            ITERATION,
            ITERATION_START,
            KNOWLEDGE_INDEX,
            KNOWLEDGE_RETRIEVAL,
            LIST_OPERATOR,
            LLM,
            LOOP,
            LOOP_START,
            LOOP_END,
            PARAMETER_EXTRACTOR,
            QUESTION_CLASSIFIER,
            START,
            TEMPLATE_TRANSFORM,
            TOOL,
            TRIGGER_PLUGIN,
            TRIGGER_SCHEDULE,
            TRIGGER_WEBHOOK,
            VARIABLE_AGGREGATOR,
            replace(VARIABLE_AGGREGATOR, kind="variable-assigner"),
        )
    }
)
"""By node type: every one of app files that can be run."""
