"""rtcheck: radiotherapy plan constraint checker."""

__version__ = "0.1.0"
