"""A results file -> the report of a trial: accrual, items, organ doses, deviations, sites; and letters to the sites."""
