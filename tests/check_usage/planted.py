"""A source tree in many languages. `«…»` marks each id that is to be found; everything else is to be left alone."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

FILES: Mapping[str, str] = {
    "app/chat.py": '''\
"""Answers questions. We love mistral-large-latest."""

import mistralai
from mistral_common import tokens

# mistral-large-2411 was fine, "mistral-large-2411" is what it was called
MODEL = "«mistral-large-2411»"  # not mistral-medium-2508
SMALL = r'«mistral-small-2506»'
PACKAGES = ["mistral-common", "mistralai", "codestral.py", "mistralai/Mistral-7B-v0.1"]
HOST = "https://api.mistral.ai/v1"


class Bot:
    """Uses

    "mistral-large-2411"
    """

    def ask(self, model: str = "«codestral-latest»") -> str:
        \'\'\'By default "codestral-latest".\'\'\'
        print("We love mistral-large-latest so much")
        log.info("mistral-large-2411 is retired, use mistral-medium-2508.")
        call(
            "«mistral-medium-3.5»"
        )
        url = f"{HOST}/models/«mistral-medium-2508»"
        nested = f"{models["«devstral-2512»"]}"
        body = '{"role": "user", "content": "tell me about it", "model": "«mistral-large-2411»"}'
        return complete(f"mistral/«mistral-medium-latest»", x="\\n«zai-glm-5-3»", y="mistral:«open-mistral-nemo»")
''',
    "web/api.ts": """\
// const old = "mistral-large-2411";
/* 'mistral-large-2411'
 * "mistral-large-2411" */
import { Mistral } from "@mistralai/mistralai";
export const model: string = '«mistral-large-2411»';
const quote = /["'`]/g, more = `${a ? `«codestral-latest»` : "x"}`;
const url = `https://api.mistral.ai/v1/models/«mistral-medium-2508»`;
const text = <p>Don't use mistral-large-2411, it's gone</p>;
const words = "Our docs praise mistral-large-2411 a lot";
type Known = "«mistral-large-2512»" | '«ft:ministral-8b-latest:7c1e52d8:20250831:support-bot:0fd630f1»';
const file = "./models/codestral-2508/weights.bin", gguf = 'codestral-2508.gguf';
""",
    "config/app.yaml": """\
# model: mistral-large-2411
model: «mistral-large-2411» # was mistral-medium-2508 for a long time
quoted: "«mistral-medium-2508»"
list: [«codestral-latest», '«mistral-large-2512»']
items:
  - «devstral-2512»
prices:
  «mistral-small-2506»: 1
image: registry.example/acme/mistral-medium-2508:latest
also:
  image: mistral-medium-2508
  tag: acme/bot:mistral-medium-2508
about: we don't love mistral-large-latest any more
note: >
  Nothing here names a model to call, though
  mistral-large-2411 is mentioned, and so is mistral-medium-3.5.
run: |
  # llm -m mistral-large-2411
  llm -m «mistral-large-2411» "hello"
""",
    "config/settings.toml": """\
# mistral-large-2411
model = "«mistral-large-2411»"
about = "mistral-large-2411 is what we had"
[models]
names = ["«codestral-latest»", '«mistral-large-2512»']
dependencies = ["mistral-common>=1.0"]
""",
    "config/bot.json": """\
{
  "model": "«mistral-large-2411»",
  "«mistral-medium-2508»": {"price": 1},
  "text": "we love mistral-large-latest",
  "dependencies": {"@mistralai/mistralai": "1.0", "mistral-common": "2"}
}
""",
    ".env.production": """\
# MODEL=mistral-large-2411
MODEL=«mistral-large-2411»
export QUOTED="«mistral-medium-2508»" # mistral-large-2512
MODELS=«codestral-latest», «mistral-large-2512»
ABOUT=mistral-large-2411 is the best
""",
    "config/app.ini": """\
; mistral-large-2411
[mistral]
model = «mistral-large-2411»
about: we love mistral-large-latest
""",
    "deploy/run.sh": """\
#!/bin/bash
# mistral-large-2411
export MODEL=«mistral-large-2411»
for model in «codestral-latest» «mistral-large-2512»; do llm -m "$model"; done
curl -d '{"model": "«mistral-medium-2508»"}' https://api.mistral.ai/v1/chat/completions
echo we love mistral-large-latest
echo "we love mistral-large-latest"
cat <<END
We love mistral-large-latest
{"model": "«mistral-large-2411»"}
END
pip install mistral-common mistralai
""",
    "deploy/Dockerfile": """\
FROM acme/mistral-medium-2508:latest
# ENV MODEL=mistral-large-2411
ENV MODEL=«mistral-large-2411»
CMD ["serve", "--model", "«codestral-latest»"]
""",
    "deploy/main.tf": """\
# "mistral-large-2411"
variable "model" {
  default     = "«mistral-large-2411»"
  description = "The model to call, mistral-large-2411 by default"
}
""",
    "src/main.go": """\
package main
// "mistral-large-2411"
const model = "«mistral-large-2411»"
var raw = `«codestral-latest»`
""",
    "src/Main.java": """\
/** "mistral-large-2411" */
class Main { static final String MODEL = "«mistral-large-2411»"; }
""",
    "src/main.rs": """\
// "mistral-large-2411"
fn f<'a>(x: &'a str) { g("«mistral-large-2411»", r#"«codestral-latest»"#); }
""",
    "src/Program.cs": """\
var path = @"C:\\temp\\"; // "mistral-large-2411"
var model = "«mistral-large-2411»";
""",
    "src/bot.rb": "# 'mistral-large-2411'\nMODEL = '«mistral-large-2411»'\nputs \"#{a}\", \"«codestral-latest»\"\n",
    "src/bot.php": "<?php\n# 'mistral-large-2411'\n$model = '«mistral-large-2411»'; // 'mistral-large-2411'\n",
    "src/report.sql": "-- 'mistral-large-2411'\nSELECT * FROM bots WHERE model = '«mistral-large-2411»';\n",
    "src/page.vue": """\
<!-- 'mistral-large-2411' -->
<Chat model="«mistral-large-2411»"/>
<p>It's mistral-large-latest</p>
""",
    "src/spring.xml": """\
<!-- mistral-large-2411 -->
<model>«mistral-large-2411»</model>
<about>We love mistral-large-latest</about>
""",
    "README.md": 'We love mistral-large-latest.\n\n```python\nmodel = "mistral-large-2411"\n```\n',
    "docs/index.rst": 'Use "mistral-large-2411".\n',
    "notes.txt": "mistral-large-2411\n",
    "requirements.txt": "mistral-common\nmistralai\n",
    "node_modules/x/index.js": 'x = "mistral-large-2411"\n',
    ".venv/x.py": 'x = "mistral-large-2411"\n',
    "dist/app.js": 'x = "mistral-large-2411"\n',
    "poetry.lock": 'name = "mistral-large-2411"\n',
    "web/app.min.js": 'x="mistral-large-2411"\n',
}


def notebook() -> str:
    def cell(kind: str, *source: str) -> dict[str, object]:
        outputs = [{"text": ['x = "mistral-large-2411"\n']}] if kind == "code" else []
        return {"cell_type": kind, "metadata": {}, "outputs": outputs, "source": list(source)}

    cells = [
        cell("markdown", "We love mistral-large-latest\n", 'model = "mistral-large-2411"\n'),
        cell("code", "import mistralai  # 'mistral-large-2411'\n", 'print("é \\"", model="«mistral-large-2411»")'),
        {**cell("code"), "source": "%%bash\n# mistral-large-2411\nllm -m «codestral-latest» 'hello'"},
        cell("code", "%env MODEL=«mistral-large-2411»\n", "!llm -m «mistral-medium-2508» hello  # mistral-large-2411"),
        cell(
            "code",
            "%%time\n",
            "answer = !llm -m «codestral-latest» 'tell me about it'\n",
            "!echo we love mistral-large-2411",
        ),
    ]
    body = {"cells": cells, "metadata": {"language_info": {"name": "python"}}, "nbformat": 4}
    return json.dumps(body, indent=1).replace("\\u00ab", "«").replace("\\u00bb", "»")


def plant(root: Path) -> set[tuple[str, int, int, str]]:
    """Writes the tree. Gives path, line, column and id of everything that is to be found."""
    expected = set()
    for name, marked in {**FILES, "lab/try.ipynb": notebook()}.items():
        for number, line in enumerate(marked.split("\n"), 1):
            for count, found in enumerate(re.finditer("«(.*?)»", line)):
                expected.add((name, number, found.start() + 1 - 2 * count, found[1]))
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(re.sub("[«»]", "", marked), newline="")
    return expected
