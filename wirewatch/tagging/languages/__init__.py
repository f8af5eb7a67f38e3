"""Places and listed actors in languages other than English, by their names there; no model, no rules of English."""

from wirewatch.tagging.languages.abroad import Abroad, Languages
from wirewatch.tagging.languages.tables import LANGUAGES

__all__ = ["LANGUAGES", "Abroad", "Languages"]
