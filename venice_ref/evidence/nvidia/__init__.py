"""NVIDIA GPUs: their reports, certificates, reference values and the tokens of NVIDIA's service."""
