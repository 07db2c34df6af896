"""Where reports that could not be recorded are kept."""
