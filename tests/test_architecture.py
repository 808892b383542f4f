"""Rules that a reader relies on and a linter cannot hold alone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module a file imports, absolute."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_only_the_services_speak_http():
    speakers = {
        path.relative_to(ROOT).parts[:2] for path in modules("models_ui", "dashboard") if "requests" in imports(path)
    }
    assert speakers == {("models_ui", "services")}


@pytest.mark.parametrize("path", modules("models_ui/views"), ids=lambda path: path.name)
def test_views_never_talk_to_the_services(path: Path):
    assert not {name for name in imports(path) if name.startswith("models_ui.services")}


@pytest.mark.parametrize("name", ["catalog/query", "catalog/index", "querystring"])
def test_the_query_and_the_index_know_no_django(name: str):
    assert not {each for each in imports(ROOT / f"models_ui/{name}.py") if each.startswith("django")}


def test_the_services_know_django_only_for_settings_and_sentences():
    for path in modules("models_ui/services"):
        allowed = ("django.utils.translation", "django.utils.functional", "django.utils.text")
        if path.name == "__init__.py":
            allowed += ("django.conf",)
        used = {each for each in imports(path) if each.split(".")[0] == "django"}
        assert all(each.startswith(allowed) for each in used), f"{path.name} uses {used}"


def test_only_the_audit_module_makes_audit_events():
    makers = {
        path.name
        for path in modules("models_ui")
        if re.search(r"AuditEvent\(|AuditEvent\.objects\.(create|bulk_create)", path.read_text())
    }
    assert makers <= {"audit.py", "history.py"}


@pytest.mark.parametrize(
    ("table", "writer"),
    [("Watch", "watching.py"), ("DigestReader", "readers.py"), ("Delivery", "delivery.py"), ("Said", "delivery.py")],
)
def test_watches_and_digests_have_one_writer_each(table: str, writer: str):
    writes = re.compile(
        rf"\b{table}\.objects\b[^\n]*\.(create|update|delete|bulk_create|get_or_create|update_or_create)\("
    )
    makers = {path.name for path in modules("models_ui") if writes.search(path.read_text())}
    assert makers <= {writer}


def test_templates_hold_no_inline_script_style_or_handler():
    for path in sorted((ROOT / "templates").rglob("*.html")):
        html = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|\bjs:", html), path.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", html), path.name
        assert "|safe" not in html, path.name


# Partials that say it for others.
SAYS_WHERE = r'{% include "models_ui/(?:action.html#in_place|listing.html#swaps)" %}'


def test_templates_rely_on_no_inherited_htmx_attribute():
    """Whatever sends a request says itself where the answer goes."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        html = re.sub(SAYS_WHERE, 'hx-target=""', path.read_text())
        for tag in re.findall(r"<[a-z]+\s[^>]*hx-(?:get|post)\b[^>]*>", html):
            assert "hx-target=" in tag or 'id="' in tag, f"{path.name}: {tag}"


def test_no_message_in_a_template_spans_lines():
    """Templates are loaded without their indentation, so such a message would never find its translation."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for message in re.findall(
            r"{% blocktranslate(?![^%]*trimmed)[^%]*%}(.*?){% endblocktranslate %}", path.read_text(), re.DOTALL
        ):
            assert "\n" not in message, f"{path.name}: {message}"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_locks_name_no_address_and_hash_everything(name: str):
    lock = (ROOT / name).read_text()
    assert "://" not in lock
    assert lock.count("--hash=sha256:") > 20
    pins = [line for line in lock.splitlines() if re.match(r"[a-z0-9]", line)]
    assert all("==" in line for line in pins)


def test_every_dependency_says_why_it_is_there():
    project = (ROOT / "pyproject.toml").read_text()
    for line in re.findall(r'^    "[a-z].*[<>=].*$', project, re.MULTILINE):
        assert "#" in line, f"no reason beside {line.strip()}"


def test_our_own_script_stays_small():
    assert len((ROOT / "static/js/app.js").read_text().splitlines()) <= 150
