"""Simulated vLLM, llama.cpp, Ollama and OpenAI servers: real HTTP on loopback, no model behind it.

They are the backend of the `development` strategy and the servers of the test kit, reachable from this machine only.
"""

from .faults import Fault, FaultBoard, FaultKind
from .server import SimServer
from .spec import Kind, SimModel, SimSpec

__all__ = ["Fault", "FaultBoard", "FaultKind", "Kind", "SimModel", "SimServer", "SimSpec"]
