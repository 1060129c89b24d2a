"""A pytest plugin: with SUYUAN_TEST_REQUIRE=all in the environment, a skipped test is a failed one.

An expected failure (xfail) is not a skip, though pytest counts it as one in its reports.
"""

import os
from collections.abc import Generator

import pytest

REQUIRED = os.environ.get("SUYUAN_TEST_REQUIRE") == "all"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Skips of a test: by a mark, a fixture, or in its body."""
    report = yield
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Skips of a whole module, while it is imported."""
    report = yield
    if REQUIRED and report.skipped:
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid}: SUYUAN_TEST_REQUIRE=all, but this was skipped: {reason}"
