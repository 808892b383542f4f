"""Ids of the same families at other hosts are not Mistral's, where the host is in sight."""

import pytest

AZURE = 'client = ChatCompletionsClient(endpoint="https://acme.services.ai.azure.com/models")\n'
SCALEWAY = 'client = OpenAI(\n    base_url="https://api.scaleway.ai/v1",\n    api_key=key,\n)\n'
OLD = "mistral-large-2407"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", SCALEWAY + 'client.chat(model="mistral-small-3.2-24b-instruct-2506")'),
        ("a.py", SCALEWAY + 'reply = client.chat(\n    model="pixtral-12b-2409",\n)'),
        ("a.py", AZURE + 'client.complete(model="mistral-document-ai-2505")'),
        ("a.py", AZURE + f'def ask():\n    return client.complete(model="{OLD}")'),
        ("a.py", 'llm = ChatOllama(model="mistral-small")'),
        ("a.py", 'llm = ChatOllama(\n    temperature=0,\n    model="mistral-small",\n)'),
        ("a.py", f'llm = ChatVertexAI(model="{OLD}")'),
        ("a.py", f'llm = AzureAIChat("{OLD}")'),
        ("a.py", f'MODELS = {{"azure": ["{OLD}"], "openai": ["gpt-4"]}}'),
        ("a.py", f'PAIRS = [("bedrock", "{OLD}")]'),
        ("a.py", f'AZURE_MODEL = "{OLD}"'),
        ("a.py", 'x = "bedrock/us-east-1/mistral.mistral-large-2402-v1:0"'),
        ("a.py", 'model = "mistral.mistral-large-2407-v1:0"'),
        ("a.py", 'model = "us.mistral.pixtral-large-2502-v1:0"'),
        ("a.py", 'model = "mistral-large@2407"'),
        ("a.py", 'model = "mistral-large-2411@001"'),
        ("a.py", 'model = "mistralai/Mistral-7B-Instruct-v0.3"'),
        ("a.py", 'model = "mistralai/mistral-small-3.2-24b-instruct-2506"'),
        ("a.py", f'model = "openrouter/mistralai/{OLD}"'),
        ("a.py", f'model = "azure_ai/{OLD}"'),
        ("a.py", 'model = "mistral-small:24b-instruct-2501-q4_K_M"'),
        ("a.py", 'model = "ollama/mistral-small"'),
        ("a.py", 'tokenizer = AutoTokenizer.from_pretrained("mistral-small-2506")'),
        ("a.json", f'{{"model": "{OLD}", "litellm_provider": "vertex_ai-mistral_models"}}'),
        ("a.json", f'{{\n  "{OLD}": {{\n    "mode": "chat",\n    "litellm_provider": "azure_ai"\n  }}\n}}'),
        ("a.json", f'{{\n  "provider": "bedrock",\n  "model": "{OLD}"\n}}'),
        ("a.json", f'{{\n  "model": "{OLD}",\n  "provider": "bedrock"\n}}'),
        ("a.json", f'{{\n  "id": "scaleway",\n  "models": [\n    "{OLD}"\n  ]\n}}'),
        ("a.yaml", f"azure:\n  models:\n    - {OLD}\n    - gpt-4"),
        ("a.yaml", f"- model: {OLD}\n  api_base: https://acme.inference.ai.azure.com"),
        ("a.yaml", "base_url: http://localhost:11434/v1\nmodel: mistral-small"),
        ("a.toml", f'[providers.azure]\nmodel = "{OLD}"'),
        (".env", f"SCALEWAY_API_KEY=x\nMODEL={OLD}"),
        ("a.ts", f"import {{ createAzure }} from '@ai-sdk/azure';\nconst model = azure('{OLD}');"),
        (
            "a.ts",
            f'import {{ MistralGCP }} from "@mistralai/mistralai-gcp";\nnew MistralGCP().chat({{ model: "{OLD}" }});',
        ),
        ("a.go", f'llm, err := ollama.New(ollama.WithModel("{OLD}"))'),
        ("providers/azure/models.py", f'MODELS = ["{OLD}"]'),
        ("src/bedrock.ts", f"export const models = ['{OLD}'];"),
        ("groq.yaml", "models:\n  - mistral-saba-2502"),
        ("a.py", 'model = "voxtral-small-24b-2507"'),
        ("a.sh", "ollama run mistral-small-2506"),
        ("a.sh", "vllm serve mistralai/Mistral-7B-Instruct-v0.3 --served-model-name mistral-small-2506"),
        ("a.sh", 'curl https://api.scaleway.ai/v1/chat/completions \\\n  -d \'{"model": "pixtral-12b-2409"}\''),
        ("a.tf", f'resource "azurerm_cognitive_deployment" "x" {{\n  model {{\n    name = "{OLD}"\n  }}\n}}'),
        ("a.bicep", f"resource d 'Microsoft.CognitiveServices/accounts@2024' = {{\n  model: {{ name: '{OLD}' }}\n}}"),
        ("a.yaml", f"providers:\n  - name: scaleway\n    models: [{OLD}]"),
        ("a.py", f'a = Mistral(key)\nb = OpenAI(base_url="https://x.scaleway.ai")\nb.chat.complete(model="{OLD}")'),
    ],
)
def test_a_model_of_another_host_is_no_use(ids_in, name: str, text: str):
    assert ids_in(name, text) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", f'models = ["azure/gpt-4", "ollama/llama3", "{OLD}"]'),
        ("a.py", f'MODELS = {{"azure": ["gpt-4"], "mistral": ["{OLD}"]}}'),
        ("a.py", f'MODELS = {{"azure": "gpt-4", "default": "{OLD}"}}'),
        ("a.py", f'MODELS = {{\n    "azure": ["gpt-4"],\n    "others": ["{OLD}"],\n}}'),
        ("a.py", f'MODELS = [\n    ("azure", "gpt-4"),\n    ("mistral", "{OLD}"),\n]'),
        ("a.py", f"# Azure and Bedrock have it too\nMODEL = '{OLD}'"),
        ("a.py", f'"""For Ollama."""\nMODEL = "{OLD}"'),
        (
            "a.py",
            f'def azure():\n    return AzureOpenAI(model="gpt-4")\n\n\ndef plain():\n    return chat(model="{OLD}")',
        ),
        ("a.py", f'a = ChatOllama(model="llama3")\nb = ChatMistralAI(model="{OLD}")'),
        ("a.py", f'client = OpenAI(base_url="https://api.mistral.ai/v1")\nclient.chat(model="{OLD}")'),
        ("a.py", f'client = OpenAI(base_url="http://litellm:4000")\nclient.chat(model="mistral/{OLD}")'),
        ("a.json", f'[\n  {{"id": "gpt-4", "provider": "azure"}},\n  {{"id": "{OLD}"}}\n]'),
        ("a.json", f'[{{"model": "{OLD}", "provider": "mistral"}}, {{"model": "x", "provider": "azure"}}]'),
        ("a.yaml", f"azure:\n  model: gpt-4\nmistral:\n  model: {OLD}"),
        ("a.yaml", f"- model: gpt-4\n  api_base: https://x.azure.com\n- model: {OLD}\n  api_key: x"),
        ("a.toml", f'[providers.azure]\nmodel = "gpt-4"\n[providers.mistral]\nmodel = "{OLD}"'),
        (".env", f"AZURE_STORAGE_KEY=x\nMISTRAL_API_KEY=y\nMODEL={OLD}"),
        ("mistral/models.py", f'MODELS = ["{OLD}"]'),
        ("infra/azure-pipelines.yml", f"env:\n  MODEL: {OLD}"),
        ("a.py", f'a = Mistral(key)\nb = OpenAI(base_url="https://x.scaleway.ai")\na.chat.complete(model="{OLD}")'),
        ("a.py", f'for host in ("azure", "mistral"):\n    call(host, "{OLD}")'),
        ("a.py", f'values = unscaled(x)\nMODEL = "{OLD}"'),
        ("a.py", 'ChatMistralAI(model="mistral-small-3.2-24b-instruct-2506")'),
    ],
)
def test_the_same_id_is_a_use_where_another_host_is_only_mentioned(ids_in, name: str, text: str):
    assert len(ids_in(name, text)) == 1


def test_ids_left_to_other_hosts_are_counted(tree, run):
    (tree / "a.py").write_text(f'llm = ChatVertexAI(model="{OLD}")\n')
    code, printed = run()
    assert code == 0
    assert "Left out: 1 name of models at other hosts.\n" in printed
