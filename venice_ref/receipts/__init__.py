"""What the enclave signed."""
