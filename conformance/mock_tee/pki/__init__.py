"""The simulated certification authorities of the mock, and what they publish."""
