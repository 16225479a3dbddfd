// The model's matrices, laid out as the kernels of this machine take them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/aligned_memory.h"
#include "base/error.h"
#include "base/worker_pool.h"
#include "graph/graph.h"
#include "kernels/kernel_set.h"

namespace ingle {

// Where the panels of each matrix are. A value type; views into somebody else's memory.
class PackedWeights {
 public:
  // panels: as kernels/pack makes them of the matrix, aligned to 64 bytes.
  void Add(const TensorView& matrix, const std::byte* panels) { panels_[KeyOf(matrix)] = panels; }
  // Null for a matrix that was not added.
  const std::byte* Find(const TensorView& matrix) const;

 private:
  using Key = std::pair<const std::byte*, uint64_t>;  // data and rows
  static Key KeyOf(const TensorView& matrix) { return {matrix.data, matrix.shape.rows()}; }
  std::map<Key, const std::byte*> panels_;
};

// The matrices of the graphs whose kernels take panels, each once, in the order of their use.
std::vector<TensorView> MatricesToPack(const std::vector<const Graph*>& graphs,
                                       const KernelSet& kernels);

// Bytes of a matrix in panels, rounded up to 64.
uint64_t PackedBytes(const TensorView& matrix);

// Packs panels [begin, end) of a matrix, of its whole to `panels`, on all workers.
void PackMatrix(const TensorView& matrix, uint64_t begin, uint64_t end, std::byte* panels,
                WorkerPool& pool);

// All of them in memory of their own, for as long as that is kept. after_each is called with each
// matrix when it has been read. Fails with kOutOfMemory.
struct PackedMemory {
  PackedWeights weights;
  AlignedMemory memory;
  uint64_t bytes = 0;
};
Result<PackedMemory> PackInMemory(const std::vector<TensorView>& matrices, WorkerPool& pool,
                                  const std::function<void(const TensorView&)>& after_each = {});

}  // namespace ingle
