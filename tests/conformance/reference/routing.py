"""Which experts a mixture of experts chooses."""

import contextlib

import numpy as np
import torch

LEAST_GAP = 2e-4  # between one choice and the next


class Routing:
    """Listens while a model runs: to its routers, and to the torch.topk that each calls.

    A router's answer ends in the weights and the numbers of the chosen experts. The order of
    choice need not be that of the weights, where a bias helps to choose.
    """

    def __init__(self, model: torch.nn.Module, top_k: int):
        self.routers = [m for m in model.modules() if type(m).__name__.endswith("Router")]
        self.top_k = top_k
        self.layers: list[torch.Tensor] = []
        self.gap = float("inf")

    def _narrow(self, sorted_scores: torch.Tensor):
        gaps = sorted_scores[..., :-1] - sorted_scores[..., 1:]
        self.gap = min(self.gap, gaps.min().item())

    def _hear_choice(self, topk, scores, k, *arguments, **options):
        more = topk(scores.float(), min(k + 1, scores.shape[-1]), dim=-1).values
        self._narrow(more[..., k - 1 :])
        return topk(scores, k, *arguments, **options)

    def _hear_answer(self, module, arguments, answer):
        weights, experts = answer[-2:]
        order = weights.argsort(dim=-1, descending=True)
        self._narrow(weights.gather(-1, order))
        self.layers.append(experts.gather(-1, order))

    @contextlib.contextmanager
    def listening(self):
        function, method = torch.topk, torch.Tensor.topk
        torch.topk = lambda scores, k, *a, **o: self._hear_choice(function, scores, k, *a, **o)
        torch.Tensor.topk = lambda scores, k, *a, **o: self._hear_choice(method, scores, k, *a, **o)
        hooks = [router.register_forward_hook(self._hear_answer) for router in self.routers]
        try:
            yield self
        finally:
            torch.topk, torch.Tensor.topk = function, method
            for hook in hooks:
                hook.remove()

    def experts(self) -> np.ndarray:
        assert len(self.layers) == len(self.routers) and self.layers[0].shape[-1] == self.top_k
        return torch.stack(self.layers).numpy().astype(np.int32)
