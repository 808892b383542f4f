"""How each language writes its comments and literals."""

from .delimiters import DOLLARS, HEREDOC, HEREDOC_WORD, REGEX, delimited, enclosed
from .lexing import language

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
_DOUBLED = r'"[^"\n]*(?:""[^"\n]*)*"'

_HASH = r"\#[^\n]*"
_SPACED_HASH = r"(?<!\S)\#[^\n]*"
_SLASHES = r"//[^\n]*"
_BLOCK = r"/\*.*?(?:\*/|\Z)"
_DASHES = r"--[^\n]*"
_MARKUP = r"<!--.*?(?:-->|\Z)"
_PARENS = r"\(\*.*?(?:\*\)|\Z)"
# A command for the shell or for the notebook itself, up to a comment; a backslash continues it on the next line.
_MAGIC = r"(?:^|(?<==))[ \t]*(?:!|%{1,2}(?=[A-Za-z]))(?:\\\r?\n|[^\n#]|(?<=\S)\#)*"
_POD = r"^=(?:begin|pod|head1)\b.*?(?:^=(?:end|cut)\b|\Z)"
_SCRIPT_HASH = r"(?<![$\w])\#[^\n]*"

_RAW_RUST = enclosed("literal", r'\bb?r\#{0,255}"', lambda opener: '"' + "#" * opener.count("#"))
_RAW_CPP = enclosed("literal", r'\bR"[^()\\\s"]{0,16}\(', lambda opener: f'){opener[2:-1]}"')
_RAW_R = enclosed("literal", r"""\b[rR]["']-*[(\[{]""", lambda opener: _closing_of_r(opener))
_LONG_LUA = enclosed("literal", r"\[=*\[", lambda opener: f"]{opener[1:-1]}]")
_LONG_COMMENT_LUA = enclosed("comment", r"--\[=*\[", lambda opener: f"]{opener[3:-1]}]")
_BLOCK_POWERSHELL = enclosed("comment", r"<\#", lambda _: "#>")
_HERE_SINGLE = enclosed("literal", r"@'[ \t]*\r?\n", lambda _: "\n'@")
_HERE_DOUBLE = enclosed("literal", r'@"[ \t]*\r?\n', lambda _: '\n"@')
_INDENTED_NIX = enclosed("literal", r"''(?!['$\\])", lambda _: "''")
_BARS_JSONNET = enclosed("literal", r"\|\|\|-?[ \t]*\r?\n", lambda _: "|||")
_BRACED_OCAML = enclosed("literal", r"\{[a-z_]*\|", lambda opener: f"|{opener[1:-1]}}}")
_QUASI_HASKELL = enclosed("literal", r"\[(?:r|q|s|str|text|i|fmt|raw\w*)\|", lambda _: "|]")
_TEMPLATE_CLOSERS = {"/*": "*/", "--": "--}}", "{#": "#}", "%#": "%>"}
_TEMPLATE_COMMENT = enclosed(
    "comment",
    r"\{\{-?\s*/\*|\{\{!--|(?<!\{)\{\#|<%\#",
    lambda opener: _TEMPLATE_CLOSERS[opener[-2:]],
)
_LINE_ZIG = enclosed("delimited", r"\\\\", lambda _: "\n")
_COMMENT_VIM = enclosed("comment", r'^[ \t]*"', lambda _: "\n")
_DELIMITER = r"[\[({<|!/~^]"
_WORDS_RUBY = delimited("words", rf"%[wWiI]{_DELIMITER}")
_LITERAL_RUBY = delimited("delimited", rf"%[qQ]{_DELIMITER}|(?:^|(?<=[\s(,=\[]))%[\[({{]")
_WORDS_PERL = delimited("words", rf"\bqw\s*{_DELIMITER}")
_LITERAL_PERL = delimited("delimited", rf"(?<![$@%&\w])qq?\s*{_DELIMITER}(?!=)")
_WORDS_ELIXIR = delimited("words", rf"""~[wW](?:{_DELIMITER}|["'])""")
_LITERAL_ELIXIR = delimited("delimited", rf"""~[sScC](?:{_DELIMITER}|["'](?!""))""")


def _closing_of_r(opener: str) -> str:
    bracket = {"(": ")", "[": "]", "{": "}"}[opener[-1]]
    return bracket + opener[2:-1] + opener[1]


_PYTHON_LITERALS = [_TRIPLE_DOUBLE, _TRIPLE_SINGLE, _DOUBLE, _SINGLE]
PYTHON = language("strings", comments=[_HASH], literals=_PYTHON_LITERALS, docstrings=True)
IPYTHON = language("strings", comments=[_HASH], literals=_PYTHON_LITERALS, commands=[_MAGIC], docstrings=True)
SCRIPT = language(
    "strings", comments=[_SLASHES, _BLOCK, _MARKUP], literals=[_DOUBLE, _SINGLE, _BACKTICK], forms=[REGEX]
)
JSON = language("strings", comments=[_SLASHES, _BLOCK], literals=[_DOUBLE])
JSON5 = language("strings", comments=[_SLASHES, _BLOCK], literals=[_DOUBLE, _SINGLE])
CURLY = language("strings", comments=[_SLASHES, _BLOCK], literals=[_TRIPLE_DOUBLE, _DOUBLE, _SINGLE, _BACKTICK])
CURLY_TRIPLE = language(
    "strings", comments=[_SLASHES, _BLOCK], literals=[_TRIPLE_DOUBLE, _TRIPLE_SINGLE, _DOUBLE, _SINGLE, _BACKTICK]
)
CPP = language("strings", comments=[_SLASHES, _BLOCK], literals=[_DOUBLE, _SINGLE], forms=[_RAW_CPP])
ZIG = language("strings", comments=[_SLASHES], literals=[_DOUBLE, _SINGLE], forms=[_LINE_ZIG])
CSHARP = language(
    "strings",
    comments=[_SLASHES, _BLOCK],
    literals=[_TRIPLE_DOUBLE, r'(?:@\$?|\$@)"[^"]*(?:""[^"]*)*"', _DOUBLE, _SINGLE],
)
VISUAL_BASIC = language("strings", comments=[r"'[^\n]*"], literals=[_DOUBLED])
RUST = language(
    "strings",
    comments=[_SLASHES, _BLOCK],
    literals=[r'"(?<!\\")[^"\\]*(?:\\.[^"\\]*)*"', _CHARACTER],
    forms=[_RAW_RUST],
)
PHP = language(
    "strings",
    comments=[_SLASHES, _BLOCK, r"\#(?!\[)[^\n]*"],
    literals=[_DOUBLE, _SINGLE],
    forms=[HEREDOC_WORD],
)
SCRIPTING = language(
    "strings",
    comments=[_SCRIPT_HASH],
    literals=[_TRIPLE_DOUBLE, _DOUBLE, _SINGLE, _BACKTICK],
    forms=[_RAW_R],
)
RUBY = language(
    "strings",
    comments=[_POD, _SCRIPT_HASH],
    literals=[_DOUBLE, _SINGLE, _BACKTICK],
    forms=[_WORDS_RUBY, _LITERAL_RUBY, HEREDOC_WORD],
)
PERL = language(
    "strings",
    comments=[_POD, _SCRIPT_HASH],
    literals=[_DOUBLE, _SINGLE, _BACKTICK],
    forms=[_WORDS_PERL, _LITERAL_PERL, HEREDOC_WORD],
)
ELIXIR = language(
    "strings",
    comments=[_SCRIPT_HASH],
    literals=[r'~[sScCwW]"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""', _TRIPLE_DOUBLE, _TRIPLE_SINGLE, _DOUBLE, _SINGLE],
    forms=[_WORDS_ELIXIR, _LITERAL_ELIXIR],
)
ERLANG = language("strings", comments=[r"%[^\n]*"], literals=[_DOUBLE, _SINGLE])
POWERSHELL = language(
    "commands",
    comments=[_SPACED_HASH],
    literals=[r'"(?<!`")[^"`\n]*(?:`.[^"`\n]*)*"', r"'[^'\n]*'"],
    forms=[_BLOCK_POWERSHELL, _HERE_SINGLE, _HERE_DOUBLE],
)
SQL = language("strings", comments=[_DASHES, _BLOCK], literals=[_DOUBLE, _SINGLE, _BACKTICK], forms=[DOLLARS])
LUA = language("strings", comments=[_DASHES], literals=[_DOUBLE, _SINGLE], forms=[_LONG_COMMENT_LUA, _LONG_LUA])
HASKELL = language(
    "strings",
    comments=[_DASHES, r"\{-.*?(?:-\}|\Z)"],
    literals=[_TRIPLE_DOUBLE, _DOUBLE, _CHARACTER],
    forms=[_QUASI_HASKELL],
)
OCAML = language("strings", comments=[_PARENS], literals=[_DOUBLE, _CHARACTER], forms=[_BRACED_OCAML])
FSHARP = language(
    "strings",
    comments=[_SLASHES, _PARENS],
    literals=[_TRIPLE_DOUBLE, r'(?:@\$?|\$@)"[^"]*(?:""[^"]*)*"', _DOUBLE, _CHARACTER],
)
LISP = language("strings", comments=[r";[^\n]*"], literals=[_DOUBLE])
NIX = language("strings", comments=[_HASH, _BLOCK], literals=[_DOUBLE], forms=[_INDENTED_NIX])
JSONNET = language("strings", comments=[_HASH, _SLASHES, _BLOCK], literals=[_DOUBLE, _SINGLE], forms=[_BARS_JSONNET])
VIM = language("strings", literals=[_DOUBLE, r"'[^'\n]*'"], forms=[_COMMENT_VIM])
TERRAFORM = language("strings", comments=[_HASH, _SLASHES, _BLOCK], literals=[_DOUBLE], forms=[HEREDOC])
HTML = language("strings", comments=[_MARKUP], literals=[_DOUBLE, _SINGLE], forms=[_TEMPLATE_COMMENT])
YAML = language("values", comments=[_SPACED_HASH], literals=_QUOTED, forms=[_TEMPLATE_COMMENT])
TEMPLATE = language("values", comments=[_MARKUP, _SPACED_HASH], literals=_QUOTED, forms=[_TEMPLATE_COMMENT])
TOML = language(
    "values",
    comments=[_HASH],
    literals=[_TRIPLE_DOUBLE, _TRIPLE_SINGLE, _DOUBLE, _SINGLE],
    has_dotted_keys=True,
)
SETTINGS = language(
    "values",
    comments=[r"^[ \t]*[;!][^\n]*", _SPACED_HASH],
    literals=_QUOTED,
    key=r"[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*[=:][ \t]*",
    has_dotted_keys=True,
)
XML = language("values", comments=[_MARKUP])
SHELL = language("commands", comments=[_SPACED_HASH], literals=_QUOTED, forms=[HEREDOC])
DOCKER = language("commands", comments=[r"^[ \t]*\#[^\n]*"], literals=_QUOTED, forms=[HEREDOC])
BATCH = language("commands", comments=[r"^[ \t@]*(?i:rem\b|::)[^\n]*"], literals=_QUOTED)
HTTP = language("values", comments=[_SPACED_HASH, r"^[ \t]*//[^\n]*"], literals=_QUOTED)
