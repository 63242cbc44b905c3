"""Organisations' own documents: read, split by heading, kept as Markdown in the data folder, and answered from with their title."""
