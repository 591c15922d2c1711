"""Contours -> solids, their exact coverage of a grid, boolean operations and margins; nothing here knows a file.

Lengths are in mm in patient coordinates (DICOM LPS: +x left, +y posterior, +z superior). Edges are rows x0, y0, x1, y1
with the interior on their left. `np` and `cube` in the examples are those of `rtcheck.dosimetry`.
"""
