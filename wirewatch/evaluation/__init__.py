"""How right the tags are: gold annotations and tags in, figures out. Pure; reading and showing is the command's."""
