"""Several plans of one patient under one protocol, side by side: as a table, JSON, CSV, a page and a PDF."""
