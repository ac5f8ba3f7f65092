"""Features that the simulator lacks, by the test that needs them. A listed test that passes fails the run, so the list only shrinks."""

MISSING_FEATURES = {}
