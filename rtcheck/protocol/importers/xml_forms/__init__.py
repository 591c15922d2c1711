"""Planning systems' XML files of goals."""
