#include "engine/only_packed.h"

#include <algorithm>
#include <cstdint>
#include <set>

namespace ingle {
namespace {

// Bytes that something reads, by their addresses.
struct Reading {
  Reading(const TensorView& view, bool as_packed)
      : begin(reinterpret_cast<uintptr_t>(view.data)),
        end(begin + view.bytes()),
        type(view.type),
        rows(view.shape.rows()),
        packed(as_packed) {}

  bool IsOf(const Reading& other) const {
    return begin == other.begin && end == other.end && type == other.type && rows == other.rows;
  }

  uintptr_t begin, end;
  DType type;
  uint64_t rows;
  bool packed;  // as a matrix that is packed
};

void AddReadings(const Graph& graph, const std::set<const std::byte*>& packed,
                 std::vector<Reading>& readings) {
  for (const Node& node : graph.nodes()) {
    const bool product = node.op == Op::kMatMul || node.op == Op::kExperts;
    const auto add = [&](const TensorView& view) {
      readings.emplace_back(view, product && packed.contains(view.data));
    };
    for (const NodeId input : node.inputs) {
      if (graph.node(input).op != Op::kWeight) continue;
      const WeightAttributes& weight = WeightOf(graph.node(input));
      if (weight.experts.empty()) add(weight.view);
      for (const TensorView& expert : weight.experts) add(expert);
    }
  }
}

// Where the readings begin of which all are of the same bytes, as a matrix that is packed.
std::set<uintptr_t> FindAlone(std::vector<Reading> readings) {
  std::sort(readings.begin(), readings.end(),
            [](const Reading& a, const Reading& b) { return a.begin < b.begin; });
  std::set<uintptr_t> alone;
  uintptr_t reach = 0;  // of those before
  for (auto first = readings.begin(); first != readings.end();) {
    bool fits = first->begin >= reach;
    auto next = first;
    for (; next != readings.end() && (next == first || next->begin < first->end); ++next) {
      fits = fits && next->packed && next->IsOf(*first);
      reach = std::max(reach, next->end);
    }
    if (fits) alone.insert(first->begin);
    first = next;
  }
  return alone;
}

}  // namespace

std::vector<TensorView> FindOnlyPacked(const std::vector<const Graph*>& graphs,
                                       const std::vector<TensorView>& packed) {
  std::set<const std::byte*> data;
  std::vector<Reading> readings;
  for (const TensorView& matrix : packed) {
    data.insert(matrix.data);
    readings.emplace_back(matrix, true);
  }
  for (const Graph* graph : graphs) AddReadings(*graph, data, readings);
  const std::set<uintptr_t> alone = FindAlone(std::move(readings));
  std::vector<TensorView> found;
  for (const TensorView& matrix : packed) {
    if (alone.contains(reinterpret_cast<uintptr_t>(matrix.data))) found.push_back(matrix);
  }
  return found;
}

}  // namespace ingle
