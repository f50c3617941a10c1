"""Pytest fixtures for the doubles: each runs in a thread, so blocking tests and other processes can use it too.

The doubles are imported by the fixtures, not by the plugin, which every test session loads.
A test whose double recorded violations ends in an error that names them (double.DoubleViolated).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.doubles.api_extension import ApiExtension
    from tests.doubles.crawler import Crawler
    from tests.doubles.documents import Documents
    from tests.doubles.echo_server import EchoServer
    from tests.doubles.external_knowledge import ExternalKnowledge
    from tests.doubles.langfuse import Langfuse
    from tests.doubles.langsmith import LangSmith
    from tests.doubles.mail import MailSink
    from tests.doubles.notion import Notion
    from tests.doubles.otlp import OtlpCollector
    from tests.doubles.scripted_model import ScriptedModel
    from tests.doubles.site import Site


@pytest.fixture
def scripted_model() -> Iterator["ScriptedModel"]:
    """An OpenAI-compatible model whose answers the test scripts."""
    from tests.doubles.scripted_model import ScriptedModel

    with ScriptedModel().in_thread() as double:
        yield double


@pytest.fixture
def echo_server() -> Iterator["EchoServer"]:
    """A server that answers with what it was sent."""
    from tests.doubles.echo_server import EchoServer

    with EchoServer().in_thread() as double:
        yield double


@pytest.fixture
def site() -> Iterator["Site"]:
    """A web site of five pages."""
    from tests.doubles.site import Site

    with Site().in_thread() as double:
        yield double


@pytest.fixture
def notion() -> Iterator["Notion"]:
    """A Notion workspace."""
    from tests.doubles.notion import Notion

    with Notion().in_thread() as double:
        yield double


@pytest.fixture
def crawler() -> Iterator["Crawler"]:
    """Firecrawl, Jina Reader and WaterCrawl."""
    from tests.doubles.crawler import Crawler

    with Crawler().in_thread() as double:
        yield double


@pytest.fixture
def mail_sink() -> Iterator["MailSink"]:
    """A mail server without login or encryption."""
    from tests.doubles.mail import MailSink

    with MailSink().in_thread() as double:
        yield double


@pytest.fixture
def langfuse() -> Iterator["Langfuse"]:
    """A Langfuse project."""
    from tests.doubles.langfuse import Langfuse

    with Langfuse().in_thread() as double:
        yield double


@pytest.fixture
def langsmith() -> Iterator["LangSmith"]:
    """A LangSmith workspace."""
    from tests.doubles.langsmith import LangSmith

    with LangSmith().in_thread() as double:
        yield double


@pytest.fixture
def otlp_collector() -> Iterator["OtlpCollector"]:
    """An OpenTelemetry collector."""
    from tests.doubles.otlp import OtlpCollector

    with OtlpCollector().in_thread() as double:
        yield double


@pytest.fixture
def api_extension() -> Iterator["ApiExtension"]:
    """A moderation and external data extension."""
    from tests.doubles.api_extension import ApiExtension

    with ApiExtension().in_thread() as double:
        yield double


@pytest.fixture
def external_knowledge() -> Iterator["ExternalKnowledge"]:
    """An external knowledge endpoint."""
    from tests.doubles.external_knowledge import ExternalKnowledge

    with ExternalKnowledge().in_thread() as double:
        yield double


@pytest.fixture
def documents(tmp_path: Path) -> "Documents":
    """A sample file of every format."""
    from tests.doubles.documents import write_documents

    folder = tmp_path / "documents"
    folder.mkdir()
    return write_documents(folder)
