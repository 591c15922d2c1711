"""The workbench: a page in the browser where plans are checked by hand, and the server behind it."""
