"""Every way to write a literal, and every kind of file that holds values, is read."""

from pathlib import PurePath

import pytest

from check_usage.languages import language_of

OLD = "mistral-large-2411"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.rb", "MODELS = %w[gpt OLD other]"),
        ("a.rb", "MODELS = %W(gpt OLD other)"),
        ("a.rb", "MODELS = %i[gpt OLD]"),
        ("a.rb", "MODELS = %w[\n  first\n  OLD\n  last\n]"),
        ("a.rb", "model = %q(OLD)"),
        ("a.rb", "model = %Q{OLD}"),
        ("a.rb", "model = %(OLD)"),
        ("a.rb", 'body = %q(f(x) {"model": "OLD"})'),
        ("a.rb", 'BODY = <<~JSON\n  {"model": "OLD"}\nJSON\n'),
        ("a.rb", "BODY = <<~YAML\n  model: OLD\nYAML\n"),
        ("a.cr", "MODELS = %w(gpt OLD)"),
        ("a.rake", "MODELS = %w|gpt OLD|"),
        ("Gemfile", "model = %q[OLD]"),
        ("a.pl", "my @models = qw(gpt OLD other);"),
        ("a.pl", "my @models = qw/gpt OLD/;"),
        ("a.pl", "my @models = qw(\n  gpt\n  OLD\n);"),
        ("a.pl", "my $model = q(OLD);"),
        ("a.pm", "my $model = qq{OLD};"),
        ("a.pl", "my $body = <<'END';\nmodel: OLD\nEND\n"),
        ("a.ex", "@models ~w(gpt OLD other)"),
        ("a.exs", "@models ~w[gpt OLD]a"),
        ("a.ex", "@model ~s(OLD)"),
        ("a.ex", 'x = ~S"""\nmodel: OLD\n"""'),
        ("a.ps1", "Invoke-Chat -Model OLD -Temperature 0"),
        ("a.ps1", "$models = @('gpt', 'OLD')"),
        ("a.ps1", "llm -m OLD hello"),
        ("a.ps1", "& llm.exe -Model:OLD"),
        ("a.ex", '@models ~w"OLD gpt"'),
        ("Pipfile", '[chat]\nmodel = "OLD"'),
        ("a.ps1", '$body = @\'\n{"model": "OLD"}\n\'@'),
        ("a.ps1", "$body = @'\nmodel: OLD\n'@"),
        ("a.ps1", '$body = @"\nmodel: OLD\n"@'),
        ("a.psd1", "@{ Model = 'OLD' }"),
        ("a.sql", "SELECT $$OLD$$"),
        ("a.sql", "SELECT $tag$OLD$tag$"),
        ("a.sql", "INSERT INTO t VALUES ($$\nmodel: OLD\n$$)"),
        ("a.sql", "CREATE FUNCTION f() AS $$\nBEGIN\n  RETURN 'OLD';\nEND\n$$ LANGUAGE plpgsql;"),
        ("a.sql", 'SELECT \'{"model": "OLD"}\'::jsonb'),
        ("a.nix", '{ model = "OLD"; }'),
        ("a.nix", "config = ''\n  model: OLD\n'';"),
        ("a.tf", "locals {\n  x = <<-EOT\n    model: OLD\n  EOT\n}"),
        ("a.cpp", 'auto x = R"(OLD)";'),
        ("a.cpp", 'auto x = R"json({"model": "OLD"})json";'),
        ("a.cs", 'var x = @"OLD";'),
        ("a.cs", 'var x = """\n  OLD\n  """;'),
        ("a.cs", 'var x = $@"{y}\nmodel: OLD";'),
        ("a.swift", 'let x = #"OLD"#'),
        ("a.kts", 'val x = """\nmodel: OLD\n"""'),
        ("a.dart", "const x = '''\nmodel: OLD\n''';"),
        ("a.gradle", "def x = '''\nmodel: OLD\n'''"),
        ("a.bicep", "var model = 'OLD'"),
        ("a.zig", "const x =\n    \\\\OLD\n;"),
        ("a.php", "$x = <<<'EOT'\nmodel: OLD\nEOT;\n"),
        ("a.php", "$x = <<<EOT\nmodel: OLD\nEOT;\n"),
        ("a.lua", "x = [==[OLD]==]"),
        ("a.r", 'x <- r"(OLD)"'),
        ("a.ml", "let x = {|OLD|}"),
        ("a.fs", 'let x = "OLD"'),
        ("a.erl", 'x() -> <<"OLD">>.'),
        ("a.vb", 'Dim x = "OLD"'),
        ("a.jsonnet", "{ model: 'OLD' }"),
        ("a.vim", "let g:model = 'OLD'"),
        ("a.hs", 'x = "OLD"'),
        ("a.jl", 'x = raw"OLD"'),
        ("_helpers.tpl", '{{- define "app.model" -}}\n{{ default "OLD" .Values.model }}\n{{- end }}'),
        ("_helpers.tpl", "MODEL: OLD"),
        ("config.yml.erb", "model: <%= ENV.fetch('MODEL', 'OLD') %>"),
        ("config.yml.erb", "model: OLD"),
        ("user_data.tftpl", "MODEL=OLD"),
        ("user_data.sh.tftpl", "export MODEL=OLD"),
        ("config.json.tftpl", '{"model": "OLD"}'),
        ("app.conf.j2", "model = OLD"),
        ("app.j2", 'model: {{ model | default("OLD") }}'),
        ("app.yaml.gotmpl", "model: OLD"),
        ("a.html.heex", '<Chat model="OLD">'),
        ("page.hbs", '<div data-model="OLD">'),
        ("a.toml", "[models.OLD]\nprice = 1"),
        ("a.toml", "[[pricing.models.OLD]]\nprice = 1"),
        ("a.toml", "[models.OLD.price]\ninput = 1"),
        ("a.toml", '[models."OLD"]\nprice = 1'),
        ("a.toml", "models.OLD.price = 1"),
        ("a.properties", "prices.OLD = 1"),
        ("a.ini", "[model.OLD]\nprice = 1"),
        ("a.ini", "[model:OLD]\nprice = 1"),
        ("Dockerfile", "ARG MODEL=OLD"),
        ("Dockerfile", 'ENV MODEL="OLD" OTHER=x'),
        ("Makefile", "MODEL := OLD"),
        ("Makefile", "export MODEL ?= OLD"),
        ("CMakeLists.txt", "set(MODEL OLD)"),
        ("env.example", "MODEL=OLD"),
        ("prod.env", "MODEL=OLD"),
        ("app.service", "[Service]\nEnvironment=MODEL=OLD"),
        ("a.http", 'POST /v1/chat/completions\n\n{"model": "OLD"}'),
        ("a.nu", "llm -m OLD"),
    ],
)
def test_a_use_in_each_way_to_write_a_literal(ids_in, name: str, text: str):
    assert ids_in(name, text.replace("OLD", OLD)) == [OLD]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.rb", "# %w[OLD]"),
        ("a.rb", "x = %q(We love OLD a lot)"),
        ("a.rb", "rest = total %w\n# OLD"),
        ("a.pl", "# qw(OLD)"),
        ("a.ex", "# ~w(OLD)"),
        ("a.ps1", "# Invoke-Chat -Model OLD"),
        ("a.ps1", "<#\n Invoke-Chat -Model OLD\n#>"),
        ("a.ps1", "Write-Host We love OLD"),
        ("a.ps1", "$about = @'\nWe love OLD a lot\n'@"),
        ("a.sql", "CREATE FUNCTION f() AS $$\nBEGIN\n  -- we had 'OLD' here\n  RETURN 1;\nEND\n$$;"),
        ("a.nix", '# "OLD"'),
        ("a.ml", '(* "OLD" *)'),
        ("a.erl", '% "OLD"'),
        ("a.vb", '\' "OLD" it was'),
        ("a.vim", '" let x = "OLD"'),
        ("_helpers.tpl", '{{/* default "OLD" */}}'),
        ("app.j2", "{# model: OLD #}"),
        ("config.yml.erb", "<%# model: OLD %>"),
        ("config.yml.erb", "about: We love OLD a lot"),
        ("a.toml", 'x = "models.OLD"'),
        ("a.toml", 'x = "mistral.OLD-v1:0"'),
        ("a.toml", "# [models.OLD]"),
        ("a.ini", "url = docker.io:OLD"),
    ],
)
def test_no_use_in_the_same_languages(ids_in, name: str, text: str):
    assert ids_in(name, text.replace("OLD", OLD)) == []


@pytest.mark.parametrize("name", ["README.md.j2", "NOTES.txt.tpl", "guide.rst.erb", "build.md", "env.md"])
def test_templates_of_prose_are_prose(name: str):
    assert language_of(PurePath(name)) is None


@pytest.mark.parametrize(("name", "like"), [("build.gradle", "a.gradle"), ("build.rs", "a.rs"), ("env.py", "a.py")])
def test_a_suffix_tells_more_than_the_name_before_it(name: str, like: str):
    assert language_of(PurePath(name)) is language_of(PurePath(like))


def test_openers_that_are_never_closed_hide_nothing(ids_in):
    for name, opener in (("a.rb", "%w[\n"), ("a.pl", "qw(\n"), ("a.ex", "~w(\n"), ("a.sql", "$a$\n"), ("a.j2", "{#\n")):
        assert ids_in(name, f'{opener * 3000}\nmodel = "{OLD}"\n') == [OLD], name
