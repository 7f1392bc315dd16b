"""A peer of the RADS Native Protocol, written from schema/SPEC.md and the schemas beside it."""
