"""Two exports of one plan, held against each other: every beam parameter, contours and doses, each with a tolerance."""
