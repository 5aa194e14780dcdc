"""Products that fail, by how their code is called."""

from tests.e2e.products.chains import CHAINS, CLOCK
from tests.e2e.products.commands import CLI
from tests.e2e.products.functions import FUNCTIONS
from tests.e2e.products.limits import FALLBACK, STYLES, UNTOLD
from tests.e2e.products.methods import METHODS
from tests.e2e.products.values import VALUES
from tests.e2e.products.web import HTTP

__all__ = ["CHAINS", "CLI", "CLOCK", "FALLBACK", "FUNCTIONS", "HTTP", "METHODS", "STYLES", "UNTOLD", "VALUES"]
