"""Intel TDX and SGX quotes."""
