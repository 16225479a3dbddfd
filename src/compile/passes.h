// Rewrites of a graph. Each takes a graph and returns one that computes the same with less work.
#pragma once

#include "graph/graph.h"
#include "kernels/kernel_set.h"

namespace ingle {

// Add(a, MatMul(x, w)) becomes MatMul(x, w, residual a): one pass over the result instead of two.
Graph FuseResiduals(const Graph& graph);

// Attention becomes CacheAppend and Attend, which a device can put a barrier between.
Graph SplitAttention(const Graph& graph);

// Norms and rotations wait until their result is read, so that the products of one input stand
// together and share a barrier.
Graph GatherProducts(const Graph& graph);

// Rope's positions become angles, computed once a step for all layers that turn alike.
Graph ShareRopeAngles(const Graph& graph);

// Where the kernel for a product's weights takes int8 activations, its input is quantized: once,
// however many use it, and by the norm that makes it where nothing else reads that.
Graph QuantizeActivations(const Graph& graph, const KernelSet& kernels);

}  // namespace ingle
