"""How fast the parts are, measured on articles that are made for it."""
