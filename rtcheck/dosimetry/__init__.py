"""Doses and structures -> DVHs, metrics, biology and indices; nothing here knows a file or DICOM.

Doses are in Gy, volumes in cc, lengths in mm in patient coordinates (DICOM LPS). Arrays of a dose grid are (z, y, x).

The examples in the docstrings share four names: `np` is numpy; `cube` is a solid with edges of 10 mm, centred at the
origin; `slope` is a dose of 50 Gy at the origin that rises by 1 Gy per mm along x, on a grid of 2 mm from -50 to 50 mm
(x) and -20 to 20 mm (y, z); `dvh` is the DVH of 100 cc with doses evenly distributed from 0 to 40 Gy.
"""
