"""Tables of goals in any order of columns and under any usual heading, in English or German: CSV and XLSX."""
