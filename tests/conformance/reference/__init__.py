"""Tiny Hugging Face checkpoints with random weights, and what transformers computes of them."""
