"""Models behind a server that speaks the chat completions of OpenAI: vLLM, SGLang, Ollama, LM Studio, llama.cpp, OpenAI."""

from __future__ import annotations

from docai.backends.endpoint.address import Address
from docai.backends.endpoint.asking import Pictures
from docai.backends.endpoint.speaking import EndpointSpeaker, Patience

__all__ = ["Address", "EndpointSpeaker", "Patience", "Pictures"]
