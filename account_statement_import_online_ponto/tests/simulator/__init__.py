"""A simulator of the Ponto API over real HTTP, for tests and the demo.

It speaks the API as far as the project knows it from documents and reports; where
those are silent, the docstring of the place says so.
"""

from .bank import Bank
from .dataset import fill, generate
from .faults import RequestRecord
from .server import Simulator
from .tokens import CLIENT_ID, CLIENT_SECRET

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "Bank",
    "RequestRecord",
    "Simulator",
    "fill",
    "generate",
]
