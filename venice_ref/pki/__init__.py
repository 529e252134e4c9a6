"""X.509 as far as Intel and NVIDIA issue it: certificates, revocation lists, chains."""
