"""Weights that ship with the package; each folder holds its own model card."""
