"""What suits a case: protocols that fit, and a draft for where none does."""
