"""The languages the guard reads, and how a file's name tells its language. Every other file is left alone."""

import re
from collections.abc import Iterator
from pathlib import PurePath

from . import syntaxes as by
from .lexing import Language

_SUFFIXES: dict[str, Language] = {
    suffix: of
    for of, suffixes in (
        (by.PYTHON, "py pyi pyw pyx bzl star"),
        (by.IPYTHON, "ipy"),
        (by.SCRIPT, "js jsx mjs cjs ts tsx mts cts vue svelte astro gs"),
        (by.JSON, "json jsonc jsonl ndjson webmanifest code-workspace"),
        (by.JSON5, "json5 hjson"),
        (by.CURLY, "go java kt kts scala sc sbt kdl templ swift m mm proto cue d hx odin gleam v sol ron graphql gql"),
        (by.CURLY_TRIPLE, "groovy gradle dart bicep"),
        (by.CPP, "c h cc cpp cxx hpp hh hxx ino"),
        (by.ZIG, "zig"),
        (by.CSHARP, "cs csx razor cshtml"),
        (by.FSHARP, "fs fsx fsi"),
        (by.VISUAL_BASIC, "vb bas vbs"),
        (by.RUST, "rs"),
        (by.PHP, "php phtml"),
        (by.SCRIPTING, "jl r nim tcl awk gd coffee"),
        (by.RUBY, "rb rake gemspec cr ru podspec"),
        (by.PERL, "pl pm t psgi"),
        (by.ELIXIR, "ex exs"),
        (by.ERLANG, "erl hrl"),
        (by.POWERSHELL, "ps1 psm1 psd1"),
        (by.SQL, "sql psql ddl"),
        (by.LUA, "lua luau"),
        (by.HASKELL, "hs elm purs dhall"),
        (by.OCAML, "ml mli"),
        (by.LISP, "clj cljs cljc edn el lisp rkt scm ss fnl"),
        (by.NIX, "nix"),
        (by.JSONNET, "jsonnet libsonnet pkl"),
        (by.VIM, "vim"),
        (by.TERRAFORM, "tf tfvars hcl nomad"),
        (by.HTML, "html htm erb ejs hbs eex heex leex haml slim pug jsp gsp ftl handlebars mustache"),
        (by.TEMPLATE, "tpl tftpl gotmpl tmpl template j2 jinja jinja2 njk liquid twig vm"),
        (by.YAML, "yaml yml"),
        (by.TOML, "toml"),
        (by.SETTINGS, "env ini cfg conf config cnf properties service timer desktop"),
        (by.XML, "xml plist csproj fsproj props targets resx xaml"),
        (by.SHELL, "sh bash zsh fish ksh nu envrc bashrc zshrc profile mk just cmake"),
        (by.BATCH, "bat cmd"),
        (by.DOCKER, "dockerfile containerfile"),
        (by.HTTP, "http rest"),
    )
    for suffix in suffixes.split()
}
_NAMES: dict[str, Language] = {
    name: of
    for of, names in (
        (by.DOCKER, "dockerfile containerfile"),
        (by.SHELL, "makefile gnumakefile justfile procfile cmakelists earthfile"),
        (by.RUBY, "gemfile rakefile vagrantfile brewfile podfile fastfile guardfile dangerfile capfile"),
        (by.CURLY_TRIPLE, "jenkinsfile"),
        (by.PYTHON, "build sconstruct tiltfile snakefile"),
        (by.JSON, ".babelrc .eslintrc"),
        (by.TOML, "pipfile"),
        (by.SETTINGS, ".flaskenv env dotenv"),
        (by.SHELL, ".bashrc .zshrc .profile .envrc .bash_profile .zshenv"),
    )
    for name in names.split()
}
# `Dockerfile.web`, `Makefile.am`
_VARIANTS = {name: of for name, of in _NAMES.items() if of in (by.DOCKER, by.SHELL)}
# What may stand after the suffix that tells the language: `config.yaml.j2`, `settings.py.example`.
_DRESS = frozenset(
    """
    j2 jinja jinja2 njk tmpl tpl tftpl gotmpl template erb ejs hbs eex heex mustache liquid twig example sample dist in
    local default
    """.split()  # noqa: SIM905 - one word a line would be longer and no clearer
)
_PROSE = frozenset("md mdx markdown rst txt adoc tex csv log".split())  # noqa: SIM905
_INTERPRETERS = (("python", by.PYTHON), ("node", by.SCRIPT), ("ruby", by.RUBY), ("perl", by.PERL), ("sh", by.SHELL))
# What notebooks and fenced code call them, where it is not a suffix.
_SPOKEN = {
    "python": by.PYTHON,
    "python3": by.PYTHON,
    "ipython": by.IPYTHON,
    "javascript": by.SCRIPT,
    "typescript": by.SCRIPT,
    "shell": by.SHELL,
    "console": by.SHELL,
    "dotenv": by.SETTINGS,
    "csharp": by.CSHARP,
    "c#": by.CSHARP,
    "rust": by.RUST,
    "ruby": by.RUBY,
    "kotlin": by.CURLY,
    "terraform": by.TERRAFORM,
    "julia": by.SCRIPTING,
    "elixir": by.ELIXIR,
    "erlang": by.ERLANG,
    "perl": by.PERL,
    "powershell": by.POWERSHELL,
    "pwsh": by.POWERSHELL,
    "haskell": by.HASKELL,
    "ocaml": by.OCAML,
}


def language_of(path: PurePath, first_bytes: bytes = b"") -> Language | None:
    """By the file's name; without a suffix by its first line, `#!/usr/bin/env python`."""
    name = path.name.lower()
    if name == ".env" or name.startswith(".env."):
        return by.SETTINGS
    if known := _NAMES.get(name):
        return known
    if "." in name.lstrip("."):
        return _by_suffix(name)
    if first_bytes.startswith(b"#!"):
        line = first_bytes.partition(b"\n")[0].decode(errors="replace")
        return next((of for interpreter, of in _INTERPRETERS if interpreter in line), None)
    return None


def _by_suffix(name: str) -> Language | None:
    """By the last suffix that is no dress; a template of anything but prose is read as one."""
    bare = name
    while (found := bare.rpartition("."))[1] and found[2] in _DRESS and found[0]:
        bare = found[0]
    suffix = bare.rpartition(".")[2]
    if suffix in _PROSE and bare != "cmakelists.txt":
        return None
    known = _NAMES.get(bare) or _SUFFIXES.get(suffix if "." in bare else "")
    return known or _SUFFIXES.get(name.rpartition(".")[2]) or _VARIANTS.get(name.partition(".")[0])


def language_called(word: str) -> Language | None:
    word = word.lower()
    return _SPOKEN.get(word) or _SUFFIXES.get(word)


_FENCE = re.compile(
    r"^[ \t>]*(?P<fence>`{3,}+|~{3,}+)[ \t]*\{?\.?(?P<word>[\w#+-]*)[^\n]*\n"
    r"(?P<code>.*?)(?:^[ \t>]*(?P=fence)|\Z)",
    re.S | re.M,
)


def fenced_code(text: str) -> Iterator[tuple[int, str, Language]]:
    """Every block of Markdown whose language is named and known: where it begins, its code, its language."""
    for block in _FENCE.finditer(text):
        if found := language_called(block["word"]):
            yield block.start("code"), block["code"], found
