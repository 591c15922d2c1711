"""The conformance kit: DICOM sets of one analytic phantom in every legal form, and mutants with one defect each."""
