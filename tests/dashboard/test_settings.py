"""What the environment and `.env` make of the settings. Each test loads the file afresh, as if elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.support import ROOT

EXAMPLE = (ROOT / ".env.example").read_text()


def test_without_a_key_it_is_the_demo_with_a_database_of_its_own(load, tmp_path: Path):
    settings = load()
    assert settings["DEMO"]
    assert settings["MODELS_API_BASE_URL"] == "http://127.0.0.1:8001/v1"
    assert settings["DATABASES"]["default"]["NAME"] == str(tmp_path / "var/demo.sqlite3")


def test_with_a_key_it_is_mistrals_api_and_another_database(load, tmp_path: Path):
    settings = load(MISTRAL_API_KEY="k")
    assert not settings["DEMO"]
    assert settings["MODELS_API_BASE_URL"] == "https://api.mistral.ai/v1"
    assert settings["DATABASES"]["default"]["NAME"] == str(tmp_path / "var/dashboard.sqlite3")


def test_the_demo_never_talks_to_a_real_address(load):
    assert load(MODELS_API_BASE_URL="https://api.mistral.ai/v1")["MODELS_API_BASE_URL"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("name", ["MISTRAL_API_KEY", "SECRET_KEY", "DEMO_PASSWORD", "MODELS_API_BASE_URL"])
@pytest.mark.parametrize("value", ["$HOME", "$ecret", "a#b", "a=b", "ünï"])
def test_values_are_taken_as_they_stand(load, name: str, value: str):
    given = {"MISTRAL_API_KEY": "k"} | {name: value}
    assert load(**given)[name] == value
    assert load("".join(f"{key}={text}\n" for key, text in given.items()))[name] == value


def test_empty_variables_count_as_unset(load):
    names = re.findall(r"^#([A-Z_]+)=", EXAMPLE, re.MULTILINE)
    empty, unset = load(**dict.fromkeys(names, "")), load()
    assert empty == unset


def test_the_example_names_every_variable_with_its_default_and_a_line_about_it(load):
    source = (ROOT / "dashboard/settings.py").read_text()
    names = set(re.findall(r'\b(?:text|secret|number|whole|flag|listing|pairs|roles)\("([A-Z_]+)"', source))
    assert set(re.findall(r"^# .+\n#([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == names
    assert len(names) > 15
    given = {"MISTRAL_API_KEY": "k"}
    unset = load(**given)
    kept = {name: str(unset[name]) for name in ("VAR_DIR", "STATIC_ROOT")}
    examples = {"ALLOWED_HOSTS": ["models.example.org"], "CSRF_TRUSTED_ORIGINS": ["https://models.example.org"]}
    filled = load(re.sub(r"^#([A-Z_]+=)", r"\1", EXAMPLE, flags=re.MULTILINE), **given, **kept)
    assert filled == unset | examples | {"SERVES_OTHERS": True}


def test_the_environment_wins_over_the_file(load):
    assert load("PORT=9000\nSANDBOX_PORT=9001\n", PORT="9100")["PORT"] == 9100


def test_an_empty_variable_switches_the_files_off(load):
    assert load("MISTRAL_API_KEY=k\n", MISTRAL_API_KEY="")["DEMO"]


def test_quotes_in_the_file_are_not_part_of_a_value(load):
    assert load("DEMO_PASSWORD=\"two words\"\nDEFAULT_FROM_EMAIL='a@b.example'\n")["DEMO_PASSWORD"] == "two words"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "8000 # the usual"),
        ("SANDBOX_PORT", "²"),
        ("MODELS_API_TIMEOUT", "ten"),
        ("MODELS_STALE_AFTER", "5 minutes"),
        ("MODELS_STALE_AFTER", "nan"),
        ("MODELS_API_TOTAL_TIMEOUT", "inf"),
        ("TRUSTED_PROXY_COUNT", "one"),
        ("TRUSTED_PROXY_COUNT", "nan"),
        ("TRUSTED_PROXY_COUNT", "-1"),
        ("WEB_CONCURRENCY", "nan"),
        ("WEB_CONCURRENCY", "0"),
        ("WEB_CONCURRENCY", "1.5"),
        pytest.param("WEB_CONCURRENCY", "9" * 5000, id="WEB_CONCURRENCY-long"),
        ("HTTPS", "enabled"),
        ("HTTPS", "on # behind nginx"),
        ("DEBUG", "maybe"),
        ("DATABASE_URL", "mysql://me:hidden@db/models"),
        ("DATABASE_URL", "db.example:5432"),
        ("DATABASE_URL", "postgresql://me:hidden@db:port/models"),
        ("EMAIL_URL", "mail.example"),
        ("EMAIL_URL", "smtp://me:hidden@mail.example:port"),
        ("VAR_DIR", "/dev/null/x"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_in_one_sentence(load, name: str, value: str):
    for dotenv, environment in ((None, {name: value}), (f"{name}={value}\n", {})):
        with pytest.raises(ImproperlyConfigured) as caught:
            load(dotenv, **environment)
        sentence = str(caught.value)
        assert name in sentence
        assert "\n" not in sentence
        assert "hidden" not in sentence


def test_the_command_line_tells_it_without_a_traceback(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(tmp_path), "HTTPS": "enabled"},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (done.returncode, done.stderr) == (1, "HTTPS=enabled is neither on nor off.\n")


@pytest.mark.parametrize("value", ["on", "1", "true", "YES", " on "])
def test_https_makes_cookies_secure_and_plain_http_a_redirect(load, value: str):
    settings = load(HTTPS=value, MISTRAL_API_KEY="k")
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SECURE_SSL_REDIRECT"):
        assert settings[name] is True, name
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert settings["SECURE_HSTS_SECONDS"] > 0


@pytest.mark.parametrize("value", ["off", "0", "false", "No"])
def test_without_https_nobody_is_believed_about_it(load, value: str):
    settings = load(HTTPS=value)
    assert not settings["SESSION_COOKIE_SECURE"]
    assert "SECURE_PROXY_SSL_HEADER" not in settings
    assert "SECURE_SSL_REDIRECT" not in settings


def test_lists_may_have_blanks_after_their_commas(load):
    settings = load(
        MISTRAL_API_KEY="k",
        ALLOWED_HOSTS="a.example, b.example ,",
        CSRF_TRUSTED_ORIGINS="https://a.example, https://b.example",
    )
    assert settings["ALLOWED_HOSTS"] == ["a.example", "b.example"]
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://a.example", "https://b.example"]


def test_a_postgresql_address_may_hold_a_password_with_signs(load):
    database = load(
        MISTRAL_API_KEY="k", DATABASE_URL="postgresql://me:p%40ss%2Fw%23%24d@db.example:5433/models?sslmode=require"
    )["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("me", "p@ss/w#$d")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", 5433, "models")
    assert database["OPTIONS"] == {"sslmode": "require"}
    assert database["CONN_HEALTH_CHECKS"] is True


def test_a_directory_with_odd_signs_is_a_place_for_the_database(load, tmp_path: Path):
    odd = tmp_path / "a b+c%20#d"
    assert load(VAR_DIR=str(odd))["DATABASES"]["default"]["NAME"] == str(odd / "demo.sqlite3")


def test_mail_goes_where_the_address_says(load):
    settings = load(EMAIL_URL="smtp+tls://me%40x.example:p%24@mail.example:587")
    assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"], settings["EMAIL_USE_TLS"]) == ("mail.example", 587, True)
    assert (settings["EMAIL_HOST_USER"], settings["EMAIL_HOST_PASSWORD"]) == ("me@x.example", "p$")
    assert load()["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"


def test_the_secret_key_is_made_once_and_kept_for_the_owner_alone(load, tmp_path: Path):
    first = load()["SECRET_KEY"]
    assert len(first) >= 50
    assert load()["SECRET_KEY"] == first
    assert (tmp_path / "var/secret_key").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in (tmp_path / "var").iterdir()] == ["secret_key"]


def test_processes_that_start_together_get_one_secret_key(tmp_path: Path):
    code = "import pathlib, sys; from models_ui.secret_files import read_or_create_secret; print(read_or_create_secret(pathlib.Path(sys.argv[1]), 50))"
    started = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path / "key"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    keys = {process.communicate(timeout=20)[0] for process in started}
    assert len(keys) == 1
    assert len(keys.pop()) > 50


def test_the_checks_for_deployment_have_nothing_to_say(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(tmp_path), "HTTPS": "on", "MISTRAL_API_KEY": "k", "SECRET_KEY": ""},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def fake_python(tmp_path: Path):
    """A python3 that runs `before` first."""

    def make(before: str) -> Path:
        script = tmp_path / "fake-python"
        run = f'{sys.executable} -c "{before}; exec(__import__(\'sys\').argv[1])" "$2"'
        script.write_text(f'#!/bin/sh\n[ "$1" = -c ] || exit 99\nexec {run}\n')
        script.chmod(0o755)
        return script

    return make


def make_run(tmp_path: Path, python: object) -> subprocess.CompletedProcess[str]:
    """What `make run` does before it serves, with a directory of its own for what it installs."""
    venv = tmp_path / "venv"
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", f"{venv}/bin/.run", f"VENV={venv}", f"PYTHON={python}"],
        env=outside,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
    )


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (
            "import sys; sys.version_info = (3, 9, 2, 'final', 0)",
            "Python 3.11 or newer is needed, this is 3.9. Name another with: make run PYTHON=python3.12",
        ),
        (
            "import sys; sys.modules['ensurepip'] = None",
            "Python cannot make a virtual environment here (Debian: apt-get install python3-venv).",
        ),
    ],
)
def test_make_run_says_in_one_sentence_what_python_lacks(tmp_path: Path, fake_python, before: str, sentence: str):
    done = make_run(tmp_path, fake_python(before))
    lines = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("make: ***")]
    assert (done.returncode, lines) == (2, [sentence])
    assert not (tmp_path / "venv").exists()


def test_make_run_says_in_one_sentence_that_there_is_no_python(tmp_path: Path):
    done = make_run(tmp_path, "python3.99")
    assert done.stdout.startswith("python3.99 is not installed. Install Python 3.11 or newer")
    assert (done.returncode, done.stdout.count("\n")) == (2, 1)


def test_make_run_leaves_the_port_to_the_settings():
    told = subprocess.run(["make", "-pn", "help"], cwd=ROOT, capture_output=True, text=True, timeout=20).stdout
    assert not re.search(r"^PORT\b", told, re.MULTILINE)


COOKIES = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME", "MESSAGE_COOKIE_NAME")


def test_two_installations_on_one_host_name_their_cookies_apart_and_one_names_them_alike_everywhere(load):
    first, again, other = (load(SECRET_KEY=secret) for secret in ("a" * 50, "a" * 50, "b" * 50))
    for name in COOKIES:
        assert first[name] == again[name] != other[name]
        assert re.fullmatch(r"[a-z]+_[0-9a-f]{12}", first[name])
        assert "a" * 5 not in first[name]
    assert len({first[name] for name in COOKIES}) == len(COOKIES)


def test_with_https_browsers_take_cookies_from_this_very_host_alone(load):
    """A name with `__Host-` is refused by browsers from a neighbouring host, for a path, or over plain HTTP."""
    settings = load(HTTPS="on", MISTRAL_API_KEY="k")
    for name in COOKIES:
        assert settings[name].startswith("__Host-")
    for kind in ("SESSION", "CSRF", "LANGUAGE"):
        assert settings[f"{kind}_COOKIE_SECURE"] is True
        assert settings.get(f"{kind}_COOKIE_PATH", "/") == "/"
        assert f"{kind}_COOKIE_DOMAIN" not in settings


@pytest.mark.parametrize("name", ["SECRET_KEY", "MISTRAL_API_KEY", "METRICS_TOKEN", "DIGEST_WEBHOOK_URL"])
def test_a_secret_may_stand_in_a_file(load, tmp_path: Path, name: str):
    file = tmp_path / "secret"
    file.write_text("https://hooks.example.org/s3cret\n")
    setting = {"DIGEST_WEBHOOK_URL": "DIGEST_WEBHOOK_SECRET_URL"}.get(name, name)
    assert load(**{f"{name}_FILE": str(file)})[setting] == "https://hooks.example.org/s3cret"
    with pytest.raises(ImproperlyConfigured, match=f"{name} and {name}_FILE are both set"):
        load(**{name: "x", f"{name}_FILE": str(file)})


def test_a_file_that_cannot_be_read_is_one_sentence(load, tmp_path: Path):
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY_FILE=.* cannot be read: No such file"):
        load(SECRET_KEY_FILE=str(tmp_path / "none"))


def test_logs_are_lines_or_json_and_nothing_else(load):
    assert load(LOG_FORMAT="json")["LOGGING"]["handlers"]["console"]["formatter"] == "json"
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT=xml must be line or json"):
        load(LOG_FORMAT="xml")


@pytest.mark.parametrize("others", [{"HTTPS": "on"}, {"ALLOWED_HOSTS": "models.example.org"}])
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"MISTRAL_API_KEY": ""}, "The demo, whose passwords stand on its login page, is for this machine alone"),
        ({"DEBUG": "on"}, "DEBUG=on shows every detail"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "a" * 60}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "django-insecure-" + "abcdefgh" * 8}, "SECRET_KEY is too weak"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS=\\* takes every name for ours"),
        ({"ALLOWED_HOSTS": "models.example.org,*"}, "ALLOWED_HOSTS=\\* takes every name for ours"),
    ],
)
def test_whoever_serves_others_is_refused_what_is_safe_on_this_machine_only(load, others, given, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        load(**{"MISTRAL_API_KEY": "k"} | others | given)
    assert load(**{"MISTRAL_API_KEY": "k"} | others)["SERVES_OTHERS"]


@pytest.mark.parametrize("given", [{"DEBUG": "on"}, {"SECRET_KEY": "short"}, {"ALLOWED_HOSTS": "localhost,127.0.0.1"}])
def test_on_this_machine_alone_all_of_it_is_allowed(load, given):
    assert not load(**given)["SERVES_OTHERS"]


# --- Single sign-on

SIGN_ON = {"OIDC_ISSUER": "https://id.example.org", "OIDC_CLIENT_ID": "c", "OIDC_CLIENT_SECRET": "s"}


def test_sign_on_is_read_from_the_environment_and_its_secrets_from_files(load, tmp_path: Path):
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    given = SIGN_ON | {"OIDC_CLIENT_SECRET": "", "OIDC_CLIENT_SECRET_FILE": str(path), "PASSWORD_SIGN_IN": "off"}
    settings = load(**given, OIDC_ROLES="cn=ml admins=Manager, ml-team=Editor,*=Viewer")
    assert settings["OIDC_CLIENT_SECRET"] == "from a file"
    assert settings["OIDC_ROLES"] == {"cn=ml admins": "Manager", "ml-team": "Editor", "*": "Viewer"}
    assert settings["PASSWORD_SIGN_IN"] is False
    assert load()["PASSWORD_SIGN_IN"] is True


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"OIDC_ISSUER": "http://id.example.org"}, "must begin with https://"),
        ({"OIDC_ISSUER": "ftp://id.example.org"}, "must begin with https://"),
        ({"OIDC_ISSUER": "id.example.org"}, "must be an address"),
        ({"OIDC_ISSUER": "https://user:pw@id.example.org"}, "must be an address without a name, a password"),
        ({"OIDC_ISSUER": "https://id.example.org/?a=b"}, "must be an address"),
        ({"OIDC_ISSUER": "https://[id"}, "is no web address"),
        ({"OIDC_ISSUER": "https://id.example.org:http"}, "is no web address"),
        ({"OIDC_ISSUER": "https://id.example.org/" + "x" * 200}, "longer than 200"),
        ({"OIDC_ISSUER": ""}, "OIDC_ISSUER is not"),
        ({"OIDC_CLIENT_ID": ""}, "needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
        ({"OIDC_CLIENT_SECRET": ""}, "needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
        ({"OIDC_ROLES": "ml-team"}, "not of the form name=value"),
        ({"OIDC_ROLES": "ml-team=Chief"}, "gives ml-team the role Chief"),
        (dict.fromkeys(SIGN_ON, "") | {"PASSWORD_SIGN_IN": "off"}, "would let nobody sign in"),
    ],
)
def test_sign_on_that_could_not_work_stops_the_start_with_a_sentence(load, given: dict[str, str], sentence: str):
    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)):
        load(**(SIGN_ON | given))


def test_a_provider_on_this_machine_may_be_plain_http(load):
    assert load(**(SIGN_ON | {"OIDC_ISSUER": "http://127.0.0.1:9000"}))["OIDC_ISSUER"] == "http://127.0.0.1:9000"
