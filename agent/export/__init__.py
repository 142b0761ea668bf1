"""A piece as a file: a web page, a Word document, a table. Pure; knows no room."""
