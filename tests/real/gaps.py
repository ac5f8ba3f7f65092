"""What the simulated controller does not do yet, by the test that shows it. A line that passes fails the run, so the list only shrinks."""

GAPS = {
    "test_libjuju.py::test_offer_and_consume[sim]": "watchers do not tell of applications that were consumed",
}
