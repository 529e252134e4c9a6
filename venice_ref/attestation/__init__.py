"""Evidence, nonce and policy in; a report of named checks out."""
