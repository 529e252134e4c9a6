"""The report of a run, and the forms in which it is written."""
