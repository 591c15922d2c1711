"""What became of the patients of a batch: toxicity by dose level, response, survival, and dose and response."""
