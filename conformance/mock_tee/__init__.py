"""An honest TEE under a simulated root, and its named misbehaviours."""
