"""DICOM registrations: files of modality REG -> how points of one frame of reference lie in another."""
