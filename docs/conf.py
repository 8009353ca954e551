"""Settings of the documentation: ./dev docs builds it."""

from __future__ import annotations

import parallel_party

project = "parallel_party"
author = "The parallel_party authors"
release = parallel_party.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = "parallel_party"
