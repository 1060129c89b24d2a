import re

import pytest

from scripts.environment import ROOT

TEXT = (ROOT / "docs" / "operations.md").read_text()
COMPOSE = "".join((ROOT / name).read_text() for name in ("docker-compose.yml", "deploy/compose.tls.yml"))


def test_the_page_lists_exactly_the_deployments_own_settings_with_their_defaults():
    listed = dict(re.findall(r"^\| `(SUYUAN_\w+)` \| `?([^|`]+?)`? \|", TEXT, re.MULTILINE))
    used = {
        name: default or "none" for name, default in re.findall(r"\$\{(SUYUAN_\w+):(?:-([^}]*)|\?[^}]*)\}", COMPOSE)
    }
    assert listed == used


def test_every_secret_of_the_deployment_is_explained():
    names = set(re.findall(r"file: \./var/secrets/([\w-]+)", COMPOSE))
    assert len(names) > 10
    for name in names - {"broker-certificate", "broker-key"}:
        told = "…-database-url" if name.endswith("-database-url") else name
        assert f"`{told}`" in TEXT, name
    assert all(f"var/secrets/{name}" in TEXT for name in ("broker-certificate", "broker-key"))


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`(suyuan_\w+?)(?:_total)?(?:\{\w+\})?`", TEXT)) - {"suyuan_owner"})
)
def test_every_metric_on_the_page_exists(name):
    places = [
        *("gateway/ingest/metrics.py", "gateway/assess/metrics.py", "gateway/notify/metrics.py"),
        *("gateway/retention/metrics.py", "gateway/assess/store_metrics.py", "resolver/watch/metrics.py"),
    ]
    metrics = "".join((ROOT / place).read_text() for place in places)
    short = re.sub(r"^suyuan_(resolver_|postgres_)?", "", name)
    assert f'"{name}"' in metrics or f'"{short}"' in metrics


def test_every_script_and_page_that_the_page_names_exists():
    for path in re.findall(r"(?<![\w/.])((?:scripts|deploy)/[\w./-]+\w)", TEXT):
        assert (ROOT / path).exists() or path == "scripts/up", path
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / "docs" / target).exists(), target
