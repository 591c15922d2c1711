"""Units: the core computes in Gy, cc, mm and fractions; text is read and written in the units of the clinic."""

CC_PER_MM3 = 1e-3
GY_PER_CGY = 1e-2
DAYS_PER_YEAR = 365.2425
