"""Rules that a reader relies on and a linter cannot hold alone."""

import ast
import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from django.apps import apps

from models_ui.urls import urlpatterns
from tests.support import ROOT
from tests.support.writers import writers

PAGE = (ROOT / "docs/architecture.md").read_text()


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imports(path: Path) -> set[str]:
    """Every module a file imports, absolute."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_the_page_on_the_architecture_names_every_room_and_none_that_is_not_there():
    rooms = {path.name for path in (ROOT / "models_ui").iterdir() if any(path.glob("*.py"))}
    tree = PAGE.split("```")[1].partition("models_ui/")[2].partition("\nsandbox/")[0]
    named = {name for line in tree.splitlines() for name in re.findall(r"(\w+)/", line[:48])}
    assert named == rooms


def test_the_page_on_the_architecture_shows_the_floors_that_are_held():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert PAGE.split("```")[3].split("\n")[1:-1] == layers


def test_only_the_services_speak_http():
    speakers = {
        path.relative_to(ROOT).parts[:2] for path in modules("models_ui", "dashboard") if "requests" in imports(path)
    }
    assert speakers == {("models_ui", "services")}


@pytest.mark.parametrize("path", modules("models_ui/views"), ids=lambda path: path.name)
def test_views_never_talk_to_the_services(path: Path):
    assert not {name for name in imports(path) if name.startswith("models_ui.services")}


@pytest.mark.parametrize(
    "name",
    [
        "models_ui.catalog.query",
        "models_ui.catalog.index",
        "models_ui.catalog.facets",
        "models_ui.listing.querystring",
        "models_ui.listing.parameters",
    ],
)
def test_the_query_and_the_index_know_no_django(name: str):
    path = ROOT.joinpath(*name.split(".")).with_suffix(".py")
    assert not {each for each in imports(path) if each.startswith("django")}


def test_one_module_alone_changes_models_at_mistral():
    writes = re.compile(r"\bapi\.(update|archive|unarchive|delete)\b")
    writing = {module_name(path) for path in modules("models_ui", "bench") if writes.search(path.read_text())}
    assert writing == {"models_ui.actions.write_upstream"}


def test_the_services_know_django_only_for_settings_and_sentences():
    for path in modules("models_ui/services"):
        allowed = ("django.utils.translation", "django.utils.functional", "django.utils.text")
        if path.name == "__init__.py":
            allowed += ("django.conf",)
        used = {each for each in imports(path) if each.split(".")[0] == "django"}
        assert all(each.startswith(allowed) for each in used), f"{path.name} uses {used}"


# `replay_recordings` empties the mirror for a dry run, in a transaction that it rolls back.
MIRROR = (
    "models_ui.mirror.state",
    "models_ui.mirror.sync",
    "models_ui.actions.model_row",
    "models_ui.management.commands.replay_recordings",
)
WRITERS = {
    "CatalogModel": MIRROR[1:],
    "Mirror": (*MIRROR[:2], *MIRROR[3:]),
    "SyncRun": ("models_ui.mirror.sync",),
    "CatalogChange": ("models_ui.mirror.sync",),
    "AuditEvent": ("models_ui.audit.chain",),
    "AuditHead": ("models_ui.audit.chain",),
    "Lease": ("models_ui.leases",),
    "RateCount": ("models_ui.access.rate_limits",),
    "BrowserReport": ("models_ui.web.browser_reports",),
    "BulkJob": (
        "models_ui.bulk.jobs",
        "models_ui.bulk.renamed_people",
        "models_ui.bulk.claim",
        "models_ui.bulk.pauses",
        "models_ui.bulk.write_step",
    ),
    "BulkItem": ("models_ui.bulk.jobs", "models_ui.bulk.claim", "models_ui.bulk.write_step"),
    "JobWorker": ("models_ui.bulk.jobs",),
    "PlannedDeletion": ("models_ui.actions.deletion_states", "models_ui.actions.due_deletions"),
    "FeedAddress": ("models_ui.alerts.feeds.addresses",),
    "Invitation": ("models_ui.people.invitations",),
    "CalendarEvent": ("models_ui.alerts.feeds.events",),
    "Watch": ("models_ui.alerts.watch_list",),
    "DigestReader": ("models_ui.alerts.digest.readers",),
    "Delivery": ("models_ui.alerts.digest.delivery",),
    "Said": ("models_ui.alerts.digest.delivery",),
    "SavedList": ("models_ui.catalog.saved_lists",),
    "Preferences": ("models_ui.people.preferences",),
}


def test_every_table_has_these_writers_and_no_others():
    assert {model.__name__ for model in apps.get_app_config("models_ui").get_models()} == WRITERS.keys()
    sources = [path for path in modules("models_ui") if "migrations" not in path.parts]
    written = {table: {module_name(path) for path in paths} for table, paths in writers(sources, set(WRITERS)).items()}
    assert written == {table: set(modules) for table, modules in WRITERS.items()}


@pytest.mark.parametrize(
    "source",
    [
        "Watch.objects.create()",
        "Watch.objects.filter(\n    pk=1,\n).update(\n    pk=2\n)",
        "Watch(pk=1).save()",
        "def write(row: Watch | None):\n    row.save()",
        "def write(pk: int):\n    for each in Watch.objects.all():\n        each.delete()",
        "def write():\n    rows = Watch.objects.all()\n    rows[:3].get_or_create()",
        "def of(owner) -> QuerySet[Watch]: ...\ndef write(owner):\n    of(owner).delete()",
        "class Line:\n    entry: Watch\n    def write(self):\n        self.entry.save()",
    ],
)
def test_a_write_is_seen_however_it_is_written(source: str, tmp_path: Path):
    (tmp_path / "one.py").write_text(source)
    (tmp_path / "two.py").write_text("def read(row: Watch):\n    return Watch.objects.get(pk=row.pk), {}.update(a=1)")
    assert writers(tmp_path.glob("*.py"), {"Watch"}) == {"Watch": {tmp_path / "one.py"}}


def test_the_name_of_an_address_is_that_of_its_view():
    for pattern in urlpatterns:
        assert pattern.name == pattern.callback.__name__


def test_templates_hold_no_inline_script_style_or_handler():
    for path in sorted((ROOT / "templates").rglob("*.html")):
        html = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|\bjs:", html), path.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", html), path.name
        assert "|safe" not in html, path.name


def test_no_message_is_translated_inside_an_f_string():
    """`makemessages` does not look there, so that the message would stay English for everybody."""
    for path in modules("models_ui"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                called = {call.func.id for call in ast.walk(node) if is_call_of_a_name(call)}
                assert not called & {"_", "gettext", "ngettext", "pgettext"}, f"{path}:{node.lineno}"


def is_call_of_a_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def test_security_names_tests_that_exist():
    named = re.findall(r"`(tests/[^`]+)`", (ROOT / "SECURITY.md").read_text())
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).is_file()] == []


# The partial that writes `hx-target` for others.
SAYS_WHERE = r'{% include "models_ui/action.html#in_place" %}'


def test_templates_rely_on_no_inherited_htmx_attribute():
    """Whatever sends a request says itself where the answer goes."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        html = re.sub(SAYS_WHERE, 'hx-target=""', path.read_text())
        for tag in re.findall(r"<[a-z]+\s[^>]*hx-(?:get|post)\b[^>]*>", html):
            assert "hx-target=" in tag or 'id="' in tag, f"{path.name}: {tag}"


def test_messages_that_span_lines_in_a_template_are_trimmed():
    """Their line breaks and indentation would else be part of the text to translate."""
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
    lines = map(str.strip, (ROOT / "static/js/app.js").read_text().splitlines())
    assert len([line for line in lines if line and not line.startswith("//")]) <= 600


def test_words_are_put_into_sentences_by_fill_alone():
    """`isolation.fill` isolates them; a plain `%` would let a name turn the sentence. Numbers may be formatted so."""
    for path in modules("models_ui"):
        if path.stem == "isolation":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
                sentences = [each.value for each in ast.walk(node.left) if isinstance(each, ast.Constant)]
                words = [text for text in sentences if isinstance(text, str) and re.search(r"%(\(\w+\))?s", text)]
                assert not words, f"{path.name}: {words}"


def test_templates_name_models_and_people_through_a_filter_that_isolates_them():
    inserted = (
        r"\{\{ (?:[\w.]+\.)?(?:label|actor|owner|name|description|replacement|named|root|made_by|started_by) \}\}"
    )
    ours = ("{{ facet.label }}", "{{ heading.label }}", "{{ chip.label }}", "{{ figure.label }}", "{{ link.label }}")
    ours += (
        "{{ switch.label }}",
        "{{ choice.label }}",
        "{{ choice.name }}",
        "{{ heading.name }}",
        "{{ tab.label }}",
        "{{ label }}",
        "{{ name }}",
        "{{ facet.name }}",
        "{{ period.label }}",
        "{{ section.name }}",
    )
    ours += ("{{ field.label }}", "{{ form.reason.label }}", "{{ role.label }}", "{{ page.other_csv.label }}")
    for path in sorted((ROOT / "templates").rglob("*.html")):
        found = set(re.findall(inserted, path.read_text())) - set(ours)
        assert not found, f"{path.name}: {found}"


# --- How the app is built


def functions(path: Path, *, nested: bool) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in (ast.walk(tree) if nested else tree.body) if isinstance(node, ast.FunctionDef)]


def test_names_of_functions_have_two_words_and_belong_to_one_module():
    """At most a quarter of the top-level functions has a name of one word, and 8 % share theirs."""
    paths = [path for path in modules("models_ui") if "migrations" not in path.parts]
    names = [node.name for path in paths for node in functions(path, nested=False)]
    one_word = [name for name in names if "_" not in name.strip("_")]
    shared = [name for name in names if names.count(name) > 1]
    assert len(one_word) <= len(names) * 0.25, sorted(one_word)
    assert len(shared) <= len(names) * 0.08, sorted(shared)


CODE = ("models_ui", "dashboard", "sandbox", "check_usage")


@pytest.mark.parametrize("folder", [*CODE, "tests", "bench"])
def test_files_have_at_most_400_lines_and_functions_at_most_50(folder: str):
    """Of tests and measurements the files alone: one function there may tell a long story."""
    paths = [path for path in modules(folder) if "migrations" not in path.parts]
    assert [str(path) for path in paths if len(path.read_text().splitlines()) > 400] == []
    if folder not in CODE:
        return
    lengths = {
        f"{path}: {node.name}": node.end_lineno - node.lineno + 1
        for path in paths
        for node in functions(path, nested=True)
    }
    assert {name: length for name, length in lengths.items() if length > 50} == {}


def test_the_longest_chain_of_imports_has_at_most_15_modules():
    graph = grimp.build_graph("models_ui", cache_dir=None)

    @functools.cache
    def longest(module: str) -> tuple[str, ...]:
        below = map(longest, sorted(graph.find_modules_directly_imported_by(module)))
        return (module, *max(below, key=len, default=()))

    chain = max(map(longest, graph.modules), key=len)
    assert len(chain) <= 15, " > ".join(chain)


# --- The clock


def test_nothing_but_the_demos_past_turns_the_clock():
    """Only `serve` plays that past. No setting and no variable of the environment leads there."""
    turning = {"unittest.mock", "unittest", "time_machine", "freezegun", "models_ui.management.past.clock"}
    for path in modules("models_ui", "dashboard"):
        name, used = module_name(path), imports(path)
        if name not in ("models_ui.management.past.clock", "models_ui.management.past.story"):
            assert not used & turning, name
            plays = {each for each in used if each.startswith("models_ui.management.past")}
            assert not plays or name == "models_ui.management.commands.serve", name
    assert "clock" not in (ROOT / "dashboard/settings.py").read_text().lower()
    assert "clock" not in (ROOT / ".env.example").read_text().lower()


def test_the_app_asks_one_clock_for_the_time():
    """`django.utils.timezone.now`: services, which know no Django, are told the time or measure their own waits."""
    own = {"services/models_api.py", "services/answers.py", "catalog/export.py"}
    for path in modules("models_ui"):
        asked = re.findall(
            r"datetime\.(?:now|utcnow|today)\(|date\.today\(|localtime\(\)|timezone import now", path.read_text()
        )
        assert not asked or str(path.relative_to(ROOT / "models_ui")) in own, path
