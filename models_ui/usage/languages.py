"""The languages the guard reads, and how a file's name tells its language. Every other file is left alone."""

import re
from collections.abc import Iterator
from pathlib import PurePath

from .lexing import Language, language

_DOUBLE = r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
_SINGLE = r"'[^'\\\n]*(?:\\.[^'\\\n]*)*'"
_BACKTICK = r"`[^`\\]*(?:\\.[^`\\]*)*`"
_TRIPLE_DOUBLE = r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
_TRIPLE_SINGLE = r"'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
_HEREDOC = r"(?<!<)<<[-~]?[ \t]*(?P<q>['\"]?)(?P<word>[A-Za-z_]\w*)(?P=q)[^\n]*\n.*?^[ \t]*(?P=word)[ \t]*\r?$"
# In running text an apostrophe follows a letter, and opens nothing.
_QUOTED = (rf"(?<!\w){_DOUBLE}", rf"(?<!\w){_SINGLE}")

_HASH = r"\#[^\n]*"
_SPACED_HASH = r"(?<!\S)\#[^\n]*"
_SLASHES = r"//[^\n]*"
_BLOCK = r"/\*.*?(?:\*/|\Z)"
_DASHES = r"--[^\n]*"
_MARKUP = r"<!--.*?(?:-->|\Z)"
# A regular expression in JavaScript may hold a lone quote. It follows what an operand cannot follow.
_REGEX = r"(?<=[(,=:\[!&|?;+])[ \t]*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/"

PYTHON = language(
    "strings", comments=[_HASH], literals=[_TRIPLE_DOUBLE, _TRIPLE_SINGLE, _DOUBLE, _SINGLE], docstrings=True
)
SCRIPT = language("strings", comments=[_SLASHES, _BLOCK, _MARKUP], literals=[_DOUBLE, _SINGLE, _BACKTICK, _REGEX])
JSON = language("strings", comments=[_SLASHES, _BLOCK], literals=[_DOUBLE])
CURLY = language("strings", comments=[_SLASHES, _BLOCK], literals=[_TRIPLE_DOUBLE, _DOUBLE, _SINGLE, _BACKTICK])
CSHARP = language(
    "strings",
    comments=[_SLASHES, _BLOCK],
    literals=[_TRIPLE_DOUBLE, r'(?:@\$?|\$@)"[^"]*(?:""[^"]*)*"', _DOUBLE, _SINGLE],
)
RUST = language(
    "strings", comments=[_SLASHES, _BLOCK], literals=[r'\bb?r(?P<h>\#*)".*?"(?P=h)', r'"[^"\\]*(?:\\.[^"\\]*)*"']
)
PHP = language("strings", comments=[_SLASHES, _BLOCK, r"\#(?!\[)[^\n]*"], literals=[_DOUBLE, _SINGLE])
SCRIPTING = language(
    "strings",
    comments=[r"^=(?:begin|pod|head1)\b.*?^=(?:end|cut)\b", r"<\#.*?\#>", r"(?<![$\w])\#[^\n]*"],
    literals=[_TRIPLE_DOUBLE, _DOUBLE, _SINGLE, _BACKTICK],
)
SQL = language("strings", comments=[_DASHES, _BLOCK], literals=[_DOUBLE, _SINGLE])
LUA = language("strings", comments=[r"--\[\[.*?\]\]", _DASHES], literals=[_DOUBLE, _SINGLE, r"\[\[.*?\]\]"])
HASKELL = language("strings", comments=[_DASHES, r"\{-.*?-\}"], literals=[_DOUBLE])
LISP = language("strings", comments=[r";[^\n]*"], literals=[_DOUBLE])
TERRAFORM = language("strings", comments=[_HASH, _SLASHES, _BLOCK], literals=[_HEREDOC, _DOUBLE])
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
SHELL = language("commands", comments=[_SPACED_HASH], literals=[_HEREDOC, *_QUOTED])
DOCKER = language("commands", comments=[r"^[ \t]*\#[^\n]*"], literals=[_HEREDOC, *_QUOTED])
BATCH = language("commands", comments=[r"^[ \t@]*(?i:rem\b|::)[^\n]*"], literals=_QUOTED)

_SUFFIXES: dict[str, Language] = {
    suffix: of
    for of, suffixes in (
        (PYTHON, "py pyi pyw pyx ipy bzl star"),
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
    r"^[ \t>]*(?P<fence>`{3,}|~{3,})[ \t]*\{?\.?(?P<word>[\w#+-]*)[^\n]*\n(?P<code>.*?)^[ \t>]*(?P=fence)", re.S | re.M
)


def fenced_code(text: str) -> Iterator[tuple[int, str, Language]]:
    """Every block of Markdown whose language is named and known: where it begins, its code, its language."""
    for block in _FENCE.finditer(text):
        if found := language_called(block["word"]):
            yield block.start("code"), block["code"], found
