// Binds a checkpoint's tensors to a graph under construction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/aligned_memory.h"
#include "graph/builder.h"
#include "models/checkpoint.h"

namespace ingle {

// Each tensor is held against the shape that the hyper-parameters say; one that not all models
// have, against what the checkpoint expects (Checkpoint::Expected). The first that is missing, or
// there and should not be, or differs is kept for status(); what is returned meanwhile may be built
// on harmlessly.
class Weights {
 public:
  Weights(GraphBuilder& graph, const Checkpoint& checkpoint)
      : graph_(graph), checkpoint_(checkpoint) {}

  // NAME.weight, [rows, columns], of any type that Ingle computes with.
  Value Matrix(const std::string& name, uint64_t rows, uint64_t columns);
  // NAME.weight, of at least so many rows.
  Value Table(const std::string& name, uint64_t columns, uint64_t least_rows);
  // NAME.weight as F32, where the file has it as F16 or BF16 in memory that the model is to keep.
  Value Floats(const std::string& name, uint64_t rows, uint64_t columns);
  // NAME.weight, F32.
  Value Norm(const std::string& name, uint64_t size);
  // NAME.bias, F32, if the model has it.
  std::optional<Value> Bias(const std::string& name, uint64_t size);

  // Rows [begin, begin + rows) of NAME.weight, which has `whole` as its shape: several matrices one
  // below the other. And of NAME.bias, if the model has it.
  Value MatrixRows(const std::string& name, const Shape& whole, uint64_t begin, uint64_t rows);
  std::optional<Value> BiasRows(const std::string& name, uint64_t whole, uint64_t begin,
                                uint64_t rows);
  // The experts' matrices: one stack NAME_exps.weight, or NAME.0.weight, NAME.1.weight ...
  Value Experts(const std::string& name, uint64_t count, uint64_t rows, uint64_t columns);
  // NAME_exps.bias, [count, rows], if the model has it.
  std::optional<Value> ExpertBiases(const std::string& name, uint64_t count, uint64_t rows);
  // One of several matrices: of a stack NAME.weight, or NAME.INDEX.weight.
  Value MatrixOf(const std::string& name, uint64_t count, uint64_t index, uint64_t rows,
                 uint64_t columns);
  // A vector by its whole name; one that models may lack.
  Value Vector(const std::string& tensor, uint64_t size);
  std::optional<Value> OptionalVector(const std::string& tensor, uint64_t size);
  // All elements of a tensor of F32, whatever its shape.
  Value Flat(const std::string& tensor, uint64_t elements);
  // NAME.weight, [columns] or [1, columns], as a matrix of one row.
  Value Row(const std::string& name, uint64_t columns);

  // As MatrixRows, for F32 whatever the whole's shape: a convolution's weights, [columns, taps].
  Value FlatRows(const std::string& tensor, const Shape& whole, uint64_t begin, uint64_t rows);

  // Of NAME.weight; 0 if there is none.
  uint64_t Elements(const std::string& name) const;

  // Whether the model has NAME.weight.
  bool Has(const std::string& name) { return Exists(name + ".weight"); }

  Status status() const;
  // What views look at that is not the checkpoint's as it stands.
  std::vector<AlignedMemory> TakeMemory() { return std::move(memory_); }

 private:
  bool Exists(const std::string& tensor);
  TensorView Find(const std::string& tensor, const Shape& shape, bool float_only);
  Value Bind(const std::string& tensor, const Shape& shape, bool float_only);
  TensorView Copied(TensorView vector);

  GraphBuilder& graph_;
  const Checkpoint& checkpoint_;
  std::vector<AlignedMemory> memory_;
  std::optional<Error> error_;
};

}  // namespace ingle
