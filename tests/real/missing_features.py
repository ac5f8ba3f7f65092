"""What the simulated controller does not do yet, by the test that shows it. A line that passes fails the run, so the list only shrinks."""

GAPS = {}
