"""Which experts a mixture of experts chooses."""

import contextlib

import numpy as np
import torch

LEAST_GAP = 2e-4  # between one choice and the next


class Routing:
    """Listens to torch.topk while a model runs: every router calls it once for each layer."""

    def __init__(self, top_k: int):
        self.top_k = top_k
        self.layers: list[torch.Tensor] = []
        self.gap = float("inf")

    def _hear(self, topk, scores, k, *arguments, **options):
        answer = topk(scores, k, *arguments, **options)
        if k == self.top_k:
            more = topk(scores.float(), min(k + 1, scores.shape[-1]), dim=-1).values
            self.gap = min(self.gap, (more[..., :-1] - more[..., 1:]).min().item())
            self.layers.append(answer.indices.reshape(-1, k))
        return answer

    @contextlib.contextmanager
    def listening(self):
        function, method = torch.topk, torch.Tensor.topk
        torch.topk = lambda scores, k, *a, **o: self._hear(function, scores, k, *a, **o)
        torch.Tensor.topk = lambda scores, k, *a, **o: self._hear(method, scores, k, *a, **o)
        try:
            yield self
        finally:
            torch.topk, torch.Tensor.topk = function, method

    def experts(self) -> np.ndarray:
        return torch.stack(self.layers).numpy().astype(np.int32)
