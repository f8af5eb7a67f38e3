"""What wirewatch knows about those who act in the news: readable files, how they are loaded and checked."""

from wirewatch.knowledge.governments import government_aliases
from wirewatch.knowledge.load import check, load_knowledge, own_folder
from wirewatch.knowledge.model import Actor, ConditionalAlias, Country, Knowledge, Office

__all__ = [
    "Actor",
    "ConditionalAlias",
    "Country",
    "Knowledge",
    "Office",
    "check",
    "government_aliases",
    "load_knowledge",
    "own_folder",
]
