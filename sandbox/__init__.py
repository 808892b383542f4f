"""A fake of Mistral's Models API: real HTTP, both dialects, every oddity of the live list, and trouble on demand.

Stands alone: the standard library only. `python -m sandbox --help` from a shell, `Sandbox` from Python.
"""

from sandbox.calls import Call
from sandbox.catalog import Catalog
from sandbox.faults import Fault, FaultError
from sandbox.server import Sandbox

__all__ = ["Call", "Catalog", "Fault", "FaultError", "Sandbox"]
