"""From the bytes of a file to articles: pure, but for reading the file itself.

decode      bytes to text, or a reason in words why they are none
draft       what a file says of one article, and how it becomes an `Article`
formats     the drafts of a .txt, .md, .html or .json
inputs      which files a path means, and the records of each
"""
