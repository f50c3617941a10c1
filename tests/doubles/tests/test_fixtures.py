"""The fixtures give running doubles and fail a test whose double was spoken to wrongly."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]


def test_a_violation_fails_the_test(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)
    pytester.makepyfile(
        """
        import urllib.error, urllib.request
        import pytest

        def get(url, key):
            request = urllib.request.Request(url + "/models", headers={"Authorization": f"Bearer {key}"})
            return urllib.request.urlopen(request, timeout=5).status

        def test_good(scripted_model, echo_server, site, notion, crawler, mail_sink, langfuse, langsmith,
                      otlp_collector, api_extension, external_knowledge, documents):
            assert get(scripted_model.url, scripted_model.key) == 200

        def test_bad(scripted_model):
            with pytest.raises(urllib.error.HTTPError):
                get(scripted_model.url, "wrong")

        def test_dealt_with(scripted_model):
            with pytest.raises(urllib.error.HTTPError):
                get(scripted_model.url, "wrong")
            assert len(scripted_model.take_violations()) == 1
        """
    )
    result = pytester.runpytest("-p", "tests.doubles.fixtures", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*DoubleViolated: ScriptedModel refused:", "*GET /v1/models [[]auth[]]*"])
