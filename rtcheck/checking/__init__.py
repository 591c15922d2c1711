"""Case x Protocol -> Report: the embeddable heart."""
