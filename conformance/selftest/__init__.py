"""The test of the tests: broken implementations and broken runners, and what is said of them."""
