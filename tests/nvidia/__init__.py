"""A simulated NVIDIA: GPUs that sign reports, manifests, and a service that signs tokens.

Everything is built by the encoders of the product and really signed, under roots that nobody else
trusts.  A draft holds the parts before they are signed, so that a test changes one of them and
nothing else: what is refused then is refused for that part, and not for a broken signature.
"""
