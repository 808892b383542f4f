"""The languages the guard reads, and how a file's name tells its language. Every other file is left alone."""

import re
from collections.abc import Iterator
from pathlib import PurePath

from .delimiters import HEREDOC, REGEX, enclosed
from .lexing import Language, language

# After a backslash a quote opens nothing: outside of literals it is a character (`\"` in Clojure) or part of a word.
_DOUBLE = r'"(?<!\\")[^"\\\n]*(?:\\.[^"\\\n]*)*"'
_SINGLE = r"'(?<!\\')[^'\\\n]*(?:\\.[^'\\\n]*)*'"
_BACKTICK = r"`(?<!\\`)[^`\\]*(?:\\.[^`\\]*)*`"
_TRIPLE_DOUBLE = r'"(?<!\\")""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
_TRIPLE_SINGLE = r"'(?<!\\')''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
# One character, which may be a quote; the apostrophe of a lifetime or of a name has no second one behind it.
_CHARACTER = r"'(?:[^'\\\n]|\\(?:u\{\w{1,6}\}|[^\n]\w{0,6}))'"
# (The quote comes first and what is before it second: branches with a letter in front are passed over fastest.)
# In running text an apostrophe follows a letter, and opens nothing.
_QUOTED = (rf"(?<!\w){_DOUBLE}", rf"(?<!\w){_SINGLE}")

_HASH = r"\#[^\n]*"
_SPACED_HASH = r"(?<!\S)\#[^\n]*"
_SLASHES = r"//[^\n]*"
_BLOCK = r"/\*.*?(?:\*/|\Z)"
_DASHES = r"--[^\n]*"
_MARKUP = r"<!--.*?(?:-->|\Z)"
# A command for the shell or for the notebook itself, up to a comment; a backslash continues it on the next line.
_MAGIC = r"(?:^|(?<==))[ \t]*(?:!|%{1,2}(?=[A-Za-z]))(?:\\\r?\n|[^\n#]|(?<=\S)\#)*"

_RAW_RUST = enclosed("literal", r'\bb?r\#{0,255}"', lambda opener: '"' + "#" * opener.count("#"))
_LONG_LUA = enclosed("literal", r"\[\[", lambda _: "]]")
_LONG_COMMENT_LUA = enclosed("comment", r"--\[\[", lambda _: "]]")
_BLOCK_POWERSHELL = enclosed("comment", r"<\#", lambda _: "#>")

_PYTHON_LITERALS = [_TRIPLE_DOUBLE, _TRIPLE_SINGLE, _DOUBLE, _SINGLE]
PYTHON = language("strings", comments=[_HASH], literals=_PYTHON_LITERALS, docstrings=True)
IPYTHON = language("strings", comments=[_HASH], literals=_PYTHON_LITERALS, commands=[_MAGIC], docstrings=True)
SCRIPT = language(
    "strings", comments=[_SLASHES, _BLOCK, _MARKUP], literals=[_DOUBLE, _SINGLE, _BACKTICK], forms=[REGEX]
)
JSON = language("strings", comments=[_SLASHES, _BLOCK], literals=[_DOUBLE])
CURLY = language("strings", comments=[_SLASHES, _BLOCK], literals=[_TRIPLE_DOUBLE, _DOUBLE, _SINGLE, _BACKTICK])
CSHARP = language(
    "strings",
    comments=[_SLASHES, _BLOCK],
    literals=[_TRIPLE_DOUBLE, r'(?:@\$?|\$@)"[^"]*(?:""[^"]*)*"', _DOUBLE, _SINGLE],
)
RUST = language(
    "strings",
    comments=[_SLASHES, _BLOCK],
    literals=[r'"(?<!\\")[^"\\]*(?:\\.[^"\\]*)*"', _CHARACTER],
    forms=[_RAW_RUST],
)
PHP = language("strings", comments=[_SLASHES, _BLOCK, r"\#(?!\[)[^\n]*"], literals=[_DOUBLE, _SINGLE])
SCRIPTING = language(
    "strings",
    comments=[r"^=(?:begin|pod|head1)\b.*?(?:^=(?:end|cut)\b|\Z)", r"(?<![$\w])\#[^\n]*"],
    literals=[_TRIPLE_DOUBLE, _DOUBLE, _SINGLE, _BACKTICK],
    forms=[_BLOCK_POWERSHELL],
)
SQL = language("strings", comments=[_DASHES, _BLOCK], literals=[_DOUBLE, _SINGLE])
LUA = language("strings", comments=[_DASHES], literals=[_DOUBLE, _SINGLE], forms=[_LONG_COMMENT_LUA, _LONG_LUA])
HASKELL = language("strings", comments=[_DASHES, r"\{-.*?(?:-\}|\Z)"], literals=[_DOUBLE, _CHARACTER])
LISP = language("strings", comments=[r";[^\n]*"], literals=[_DOUBLE])
TERRAFORM = language("strings", comments=[_HASH, _SLASHES, _BLOCK], literals=[_DOUBLE], forms=[HEREDOC])
HTML = language("strings", comments=[_MARKUP], literals=[_DOUBLE, _SINGLE])
YAML = language("values", comments=[_SPACED_HASH], literals=_QUOTED)
TOML = language("values", comments=[_HASH], literals=[_TRIPLE_DOUBLE, _TRIPLE_SINGLE, _DOUBLE, _SINGLE])
SETTINGS = language(
    "values",
    comments=[r"^[ \t]*[;!][^\n]*", _SPACED_HASH],
    literals=_QUOTED,
    key=r"[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*[=:][ \t]*",
)
XML = language("values", comments=[_MARKUP])
SHELL = language("commands", comments=[_SPACED_HASH], literals=_QUOTED, forms=[HEREDOC])
DOCKER = language("commands", comments=[r"^[ \t]*\#[^\n]*"], literals=_QUOTED, forms=[HEREDOC])
BATCH = language("commands", comments=[r"^[ \t@]*(?i:rem\b|::)[^\n]*"], literals=_QUOTED)

_SUFFIXES: dict[str, Language] = {
    suffix: of
    for of, suffixes in (
        (PYTHON, "py pyi pyw pyx bzl star"),
        (IPYTHON, "ipy"),
        (SCRIPT, "js jsx mjs cjs ts tsx mts cts vue svelte astro"),
        (JSON, "json jsonc json5 jsonl ndjson webmanifest"),
        (CURLY, "go java kt kts scala groovy gradle swift dart c h cc cpp cxx hpp m mm zig proto"),
        (CSHARP, "cs csx fs"),
        (RUST, "rs"),
        (PHP, "php"),
        (SCRIPTING, "rb rake gemspec ex exs jl r pl pm ps1 psm1 cr nim"),
        (SQL, "sql"),
        (LUA, "lua"),
        (HASKELL, "hs elm"),
        (LISP, "clj cljs edn el lisp"),
        (TERRAFORM, "tf tfvars hcl nomad"),
        (HTML, "html htm erb ejs hbs"),
        (YAML, "yaml yml"),
        (TOML, "toml"),
        (SETTINGS, "env ini cfg conf config properties"),
        (XML, "xml plist csproj props"),
        (SHELL, "sh bash zsh fish ksh envrc bashrc zshrc profile mk just"),
        (BATCH, "bat cmd"),
        (DOCKER, "dockerfile containerfile"),
    )
    for suffix in suffixes.split()
}
_NAMES: dict[str, Language] = {
    "dockerfile": DOCKER,
    "containerfile": DOCKER,
    "makefile": SHELL,
    "gnumakefile": SHELL,
    "justfile": SHELL,
    "procfile": SHELL,
    "gemfile": SCRIPTING,
    "rakefile": SCRIPTING,
    "jenkinsfile": CURLY,
    "build": PYTHON,
    "sconstruct": PYTHON,
    ".babelrc": JSON,
    ".eslintrc": JSON,
    ".flaskenv": SETTINGS,
}
# What may stand after the suffix that tells the language: `config.yaml.j2`, `settings.py.example`.
_DRESS = {"j2", "jinja", "jinja2", "tmpl", "tpl", "template", "example", "sample", "dist", "in", "local"}
_INTERPRETERS = (("python", PYTHON), ("node", SCRIPT), ("ruby", SCRIPTING), ("perl", SCRIPTING), ("sh", SHELL))
# What notebooks and fenced code call them, where it is not a suffix.
_SPOKEN = {
    "python": PYTHON,
    "python3": PYTHON,
    "ipython": IPYTHON,
    "javascript": SCRIPT,
    "typescript": SCRIPT,
    "shell": SHELL,
    "console": SHELL,
    "dotenv": SETTINGS,
    "csharp": CSHARP,
    "c#": CSHARP,
    "rust": RUST,
    "ruby": SCRIPTING,
    "kotlin": CURLY,
    "terraform": TERRAFORM,
    "julia": SCRIPTING,
}


def language_of(path: PurePath, first_bytes: bytes = b"") -> Language | None:
    """By the file's name; without a suffix by its first line, `#!/usr/bin/env python`."""
    name = path.name.lower()
    while name.rpartition(".")[2] in _DRESS and name.count(".") > 1:
        name = name.rpartition(".")[0]
    if name == ".env" or name.startswith(".env."):
        return SETTINGS
    stem, dot, suffix = name.rpartition(".")
    if found := _NAMES.get(name) or _NAMES.get(stem if suffix in _DRESS else name.partition(".")[0] if dot else ""):
        return found
    if dot:
        return _SUFFIXES.get(suffix)
    if first_bytes.startswith(b"#!"):
        line = first_bytes.partition(b"\n")[0].decode(errors="replace")
        return next((of for interpreter, of in _INTERPRETERS if interpreter in line), None)
    return None


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
