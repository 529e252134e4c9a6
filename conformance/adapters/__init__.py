"""How an implementation is plugged in: operations in, replies out."""
